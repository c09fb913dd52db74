#include "pipeline/flow/payload.h"

#include "pipeline/base/assert.h"
#include "pipeline/codec/gzip.h"
#include "pipeline/codec/snappy.h"
#include "pipeline/codec/zstd.h"

namespace pipeline {
namespace {

// Compression writes into a buffer of the worst case; what is kept is an exact copy, so that a long
// queue holds no slack.
std::string exact(const std::string& scratch) { return {scratch.data(), scratch.size()}; }

}  // namespace

std::string compress(Compression how, const std::string& body) {
  thread_local std::string scratch;
  switch (how) {
    case Compression::none: return body;
    case Compression::snappy: snappy::compress(body, scratch); break;
    case Compression::gzip: {
      thread_local GzipCompressor compressor;
      const Result<> done = compressor.compress(body, scratch);
      ASSERT(done.has_value());
      break;
    }
    case Compression::zstd: {
      thread_local ZstdCompressor compressor;
      const Result<> done = compressor.compress(body, scratch);
      ASSERT(done.has_value());
      break;
    }
  }
  return exact(scratch);
}

Result<std::string> decompress(Compression how, const std::string& payload, std::uint64_t limit) {
  std::string body;
  Result<> done;
  switch (how) {
    case Compression::none: return payload;
    case Compression::snappy: done = snappy::decompress(payload, limit, body); break;
    case Compression::gzip: done = GzipDecompressor().decompress(payload, limit, body); break;
    case Compression::zstd: done = ZstdDecompressor().decompress(payload, limit, body); break;
  }
  if (!done) return std::unexpected(std::move(done.error()).during("decompressing a request"));
  return body;
}

}  // namespace pipeline
