#include "pipeline/codec/zstd.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>

#include "pipeline/base/assert.h"
#include "pipeline/base/bytes.h"

namespace pipeline {
namespace {

std::unexpected<Error> over_limit(std::size_t max_output) {
  return failure(Errc::invalid_data,
                 fmt::format("zstd: the content is larger than the limit of {} bytes", max_output));
}

}  // namespace

struct ZstdCompressor::Impl {
  explicit Impl(int level) : context(ZSTD_createCCtx()) {
    ASSERT(context != nullptr);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel,
                           std::clamp(level, ZSTD_minCLevel(), ZSTD_maxCLevel()));
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  }
  ~Impl() { ZSTD_freeCCtx(context); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ZSTD_CCtx* context;
};

ZstdCompressor::ZstdCompressor(int level) : impl_(std::make_unique<Impl>(level)) {}
ZstdCompressor::~ZstdCompressor() = default;
ZstdCompressor::ZstdCompressor(ZstdCompressor&&) noexcept = default;
ZstdCompressor& ZstdCompressor::operator=(ZstdCompressor&&) noexcept = default;

Result<> ZstdCompressor::compress(std::string_view input, std::string& out) {
  out.clear();
  return append(input, out);
}

Result<> ZstdCompressor::append(std::string_view input, std::string& out) {
  const std::size_t before = out.size();
  const std::size_t room = ZSTD_compressBound(input.size());
  char* const at = extend(out, room);
  const std::size_t size = ZSTD_compress2(impl_->context, at, room, input.data(), input.size());
  if (ZSTD_isError(size) != 0) {
    resize_uninitialized(out, before);
    return failure(Errc::internal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  }
  resize_uninitialized(out, before + size);
  return {};
}

struct ZstdDecompressor::Impl {
  Impl() : context(ZSTD_createDCtx()) {
    ASSERT(context != nullptr);
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLogMax);
  }
  ~Impl() { ZSTD_freeDCtx(context); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ZSTD_DCtx* context;
};

ZstdDecompressor::ZstdDecompressor() : impl_(std::make_unique<Impl>()) {}
ZstdDecompressor::~ZstdDecompressor() = default;
ZstdDecompressor::ZstdDecompressor(ZstdDecompressor&&) noexcept = default;
ZstdDecompressor& ZstdDecompressor::operator=(ZstdDecompressor&&) noexcept = default;

Result<> ZstdDecompressor::decompress(std::string_view input, std::size_t max_output,
                                      std::string& out) {
  // What is allocated before anything is known about the content.
  constexpr std::size_t kFirstRoom = std::size_t{64} << 10;

  out.clear();
  if (input.empty()) return failure(Errc::invalid_data, "zstd: the input is empty");
  const unsigned long long declared = ZSTD_getFrameContentSize(input.data(), input.size());
  std::size_t room = std::max(kFirstRoom, input.size());
  if (declared != ZSTD_CONTENTSIZE_UNKNOWN && declared != ZSTD_CONTENTSIZE_ERROR) {
    if (declared > max_output) return over_limit(max_output);
    room = static_cast<std::size_t>(declared);
  }

  max_output = std::min(max_output, SIZE_MAX - 1);
  ZSTD_DCtx_reset(impl_->context, ZSTD_reset_session_only);
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  std::size_t produced = 0;
  std::size_t missing = 1;
  while (true) {
    // One byte above the limit tells "exactly the limit" from "more".
    room = std::min(std::max<std::size_t>(room, 1), max_output + 1);
    resize_uninitialized(out, room);
    ZSTD_outBuffer to{out.data(), room, produced};
    const std::size_t read_before = in.pos;
    missing = ZSTD_decompressStream(impl_->context, &to, &in);
    if (ZSTD_isError(missing) != 0) {
      out.clear();
      return failure(Errc::invalid_data, fmt::format("zstd: {}", ZSTD_getErrorName(missing)));
    }
    const bool moved = to.pos != produced || in.pos != read_before;
    produced = to.pos;
    if (produced > max_output) {
      out.clear();
      return over_limit(max_output);
    }
    if (missing == 0 && in.pos == in.size) break;
    if (produced == room) {
      room = produced + std::max(produced, kFirstRoom);
    } else if (!moved || in.pos == in.size) {
      out.clear();
      return failure(Errc::invalid_data, "zstd: the input is truncated");
    }
  }
  resize_uninitialized(out, produced);
  return {};
}

}  // namespace pipeline
