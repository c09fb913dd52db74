#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/result.h"

namespace pipeline {

// gzip (RFC 1952). Both classes keep their context; an object serves one thread at a time.

class GzipCompressor {
 public:
  static constexpr int kDefaultLevel = 6;  // 1 to 12, as libdeflate counts

  explicit GzipCompressor(int level = kDefaultLevel);
  ~GzipCompressor();
  GzipCompressor(GzipCompressor&&) noexcept;
  GzipCompressor& operator=(GzipCompressor&&) noexcept;

  // Replaces `out` by one member.
  Result<> compress(std::string_view input, std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class GzipDecompressor {
 public:
  GzipDecompressor();
  ~GzipDecompressor();
  GzipDecompressor(GzipDecompressor&&) noexcept;
  GzipDecompressor& operator=(GzipDecompressor&&) noexcept;

  // Replaces `out` by the content of all members. invalid_data for anything malformed or truncated
  // (zero bytes after the last member are padding), and as soon as more than `max_output` bytes
  // would come out, which are never allocated.
  Result<> decompress(std::string_view input, std::size_t max_output, std::string& out);

  // The same for HTTP's `Content-Encoding: deflate`, which is zlib's format (RFC 1950); raw
  // deflate, which some clients send by mistake, is taken too.
  Result<> decompress_deflate(std::string_view input, std::size_t max_output, std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pipeline
