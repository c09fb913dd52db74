#include "pipeline/codec/gzip.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstring>

#include "pipeline/base/assert.h"
#include "pipeline/base/bytes.h"

namespace pipeline {
namespace {

// Deflate cannot do better than this, so a trailer that promises more is not believed.
constexpr std::size_t kRatioMax = 1032;
// What is allocated before anything is known about the content.
constexpr std::size_t kFirstRoom = std::size_t{64} << 10;

constexpr int kGzipFormat = 15 + 16;  // zlib's way to say: the largest window, gzip only
constexpr int kZlibFormat = 15;
constexpr int kRawFormat = -15;

std::unexpected<Error> malformed(const char* why) {
  return failure(Errc::invalid_data, fmt::format("gzip: {}", why));
}

std::unexpected<Error> over_limit(std::size_t max_output) {
  return malformed(
      fmt::format("the content is larger than the limit of {} bytes", max_output).c_str());
}

}  // namespace

struct GzipCompressor::Impl {
  explicit Impl(int level) : compressor(libdeflate_alloc_compressor(std::clamp(level, 1, 12))) {
    ASSERT(compressor != nullptr);
  }
  ~Impl() { libdeflate_free_compressor(compressor); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  libdeflate_compressor* compressor;
};

GzipCompressor::GzipCompressor(int level) : impl_(std::make_unique<Impl>(level)) {}
GzipCompressor::~GzipCompressor() = default;
GzipCompressor::GzipCompressor(GzipCompressor&&) noexcept = default;
GzipCompressor& GzipCompressor::operator=(GzipCompressor&&) noexcept = default;

Result<> GzipCompressor::compress(std::string_view input, std::string& out) {
  resize_uninitialized(out, libdeflate_gzip_compress_bound(impl_->compressor, input.size()));
  const std::size_t size = libdeflate_gzip_compress(impl_->compressor, input.data(), input.size(),
                                                    out.data(), out.size());
  resize_uninitialized(out, size);
  if (size == 0) return failure(Errc::internal, "gzip: compressing took more room than its bound");
  return {};
}

struct GzipDecompressor::Impl {
  Impl() : whole(libdeflate_alloc_decompressor()) { ASSERT(whole != nullptr); }
  ~Impl() {
    libdeflate_free_decompressor(whole);
    if (streaming) inflateEnd(&stream);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // The fast way, where the trailer's size is believable and there is one member. False decides
  // nothing: the input may still be good.
  bool inflate_whole(std::string_view input, std::size_t max_output, std::string& out) {
    constexpr std::size_t kSmallest = 18;  // header and trailer
    if (input.size() < kSmallest) return false;
    std::uint32_t size = 0;
    std::memcpy(&size, input.data() + input.size() - 4, 4);
    if (size > max_output || size / kRatioMax > input.size()) return false;
    resize_uninitialized(out, size);
    std::size_t read = 0;
    std::size_t written = 0;
    const auto outcome = libdeflate_gzip_decompress_ex(whole, input.data(), input.size(),
                                                       out.data(), out.size(), &read, &written);
    return outcome == LIBDEFLATE_SUCCESS && read == input.size() && written == size;
  }

  bool begin(int format) {
    if (streaming) return inflateReset2(&stream, format) == Z_OK;
    stream = {};
    streaming = inflateInit2(&stream, format) == Z_OK;
    return streaming;
  }

  Result<> inflate_stream(std::string_view input, int format, std::size_t max_output,
                          std::string& out) {
    out.clear();
    if (!begin(format)) return failure(Errc::internal, "gzip: no memory for the decompressor");
    max_output = std::min(max_output, SIZE_MAX - 1);
    std::size_t read = 0;
    std::size_t produced = 0;
    std::size_t room = std::max(kFirstRoom, input.size());
    while (true) {
      // One byte above the limit tells "exactly the limit" from "more".
      room = std::min(room, max_output + 1);
      resize_uninitialized(out, room);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data() + read));
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size() - read, UINT_MAX));
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + produced);
      stream.avail_out = static_cast<uInt>(std::min<std::size_t>(room - produced, UINT_MAX));
      const int outcome = inflate(&stream, Z_NO_FLUSH);
      const auto read_now =
          static_cast<std::size_t>(reinterpret_cast<const char*>(stream.next_in) - input.data());
      const auto produced_now =
          static_cast<std::size_t>(reinterpret_cast<char*>(stream.next_out) - out.data());
      const bool moved = read_now != read || produced_now != produced;
      read = read_now;
      produced = produced_now;
      if (produced > max_output) return over_limit(max_output);
      if (outcome == Z_STREAM_END) {
        if (format == kGzipFormat && !is_padding(input.substr(read))) {
          if (inflateReset2(&stream, format) != Z_OK)
            return malformed("resetting the decompressor");
          continue;
        }
        if (format != kGzipFormat && read != input.size()) return malformed("bytes behind the end");
        break;
      }
      if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
        return malformed(stream.msg != nullptr ? stream.msg : "the input is malformed");
      }
      if (produced == room) {
        room = produced + std::max(produced, kFirstRoom);
      } else if (!moved || read == input.size()) {
        return malformed("the input is truncated");
      }
    }
    resize_uninitialized(out, produced);
    return {};
  }

  static bool is_padding(std::string_view rest) {
    return rest.find_first_not_of('\0') == std::string_view::npos;
  }

  libdeflate_decompressor* whole;
  z_stream stream{};
  bool streaming = false;
};

GzipDecompressor::GzipDecompressor() : impl_(std::make_unique<Impl>()) {}
GzipDecompressor::~GzipDecompressor() = default;
GzipDecompressor::GzipDecompressor(GzipDecompressor&&) noexcept = default;
GzipDecompressor& GzipDecompressor::operator=(GzipDecompressor&&) noexcept = default;

Result<> GzipDecompressor::decompress(std::string_view input, std::size_t max_output,
                                      std::string& out) {
  if (impl_->inflate_whole(input, max_output, out)) return {};
  return impl_->inflate_stream(input, kGzipFormat, max_output, out);
}

Result<> GzipDecompressor::decompress_deflate(std::string_view input, std::size_t max_output,
                                              std::string& out) {
  // zlib's header: method 8 in the low half of the first byte, and both bytes a multiple of 31.
  const auto byte = [input](std::size_t i) { return static_cast<unsigned char>(input[i]); };
  const bool zlib =
      input.size() >= 2 && (byte(0) & 0x0F) == 8 && (byte(0) * 256 + byte(1)) % 31 == 0;
  return impl_->inflate_stream(input, zlib ? kZlibFormat : kRawFormat, max_output, out);
}

}  // namespace pipeline
