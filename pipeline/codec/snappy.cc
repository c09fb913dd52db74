#include "pipeline/codec/snappy.h"

#include <fmt/format.h>
#include <snappy.h>

#include <cstdint>

#include "pipeline/base/assert.h"
#include "pipeline/base/bytes.h"
#include "pipeline/codec/protobuf.h"

namespace pipeline::snappy {

std::size_t max_compressed_size(std::size_t size) noexcept {
  return ::snappy::MaxCompressedLength(size);
}

void compress(std::string_view input, std::string& out) {
  resize_uninitialized(out, max_compressed_size(input.size()));
  std::size_t size = 0;
  ::snappy::RawCompress(input.data(), input.size(), out.data(), &size);
  resize_uninitialized(out, size);
}

Result<std::size_t> decompressed_size(std::string_view input, std::size_t max_output) {
  std::size_t size = 0;
  if (!::snappy::GetUncompressedLength(input.data(), input.size(), &size)) {
    return failure(Errc::invalid_data, "snappy: the block has no length");
  }
  if (size > max_output) {
    return failure(
        Errc::invalid_data,
        fmt::format("snappy: the block declares {} bytes and {} are the limit", size, max_output));
  }
  return size;
}

Result<> decompress_into(std::string_view input, std::span<char> out) {
  const auto size = decompressed_size(input, out.size());
  if (!size) return std::unexpected(size.error());
  ASSERT(*size == out.size());
  if (!::snappy::RawUncompress(input.data(), input.size(), out.data())) {
    return failure(Errc::invalid_data, "snappy: the block is malformed");
  }
  return {};
}

Result<> decompress(std::string_view input, std::size_t max_output, std::string& out) {
  out.clear();
  const auto size = decompressed_size(input, max_output);
  if (!size) return std::unexpected(size.error());
  resize_uninitialized(out, *size);
  return decompress_into(input, {out.data(), out.size()});
}

LiteralPrefix literal_prefix(std::string_view body) noexcept {
  ASSERT(body.size() <= UINT32_MAX);
  // Tags 0 to 59 hold a length - 1 themselves; 60 to 63 say that it follows in 1 to 4 bytes.
  constexpr std::size_t kInTag = 60;
  LiteralPrefix prefix;
  char* at = protobuf::put_varint(prefix.bytes_.data(), body.size());
  if (!body.empty()) {
    auto rest = static_cast<std::uint32_t>(body.size() - 1);
    if (rest < kInTag) {
      *at++ = static_cast<char>(rest << 2);
    } else {
      char* const tag = at++;
      std::uint32_t bytes = 0;
      for (; rest != 0; rest >>= 8, ++bytes) *at++ = static_cast<char>(rest & 0xFF);
      *tag = static_cast<char>((kInTag - 1 + bytes) << 2);
    }
  }
  prefix.size_ = static_cast<std::size_t>(at - prefix.bytes_.data());
  return prefix;
}

}  // namespace pipeline::snappy
