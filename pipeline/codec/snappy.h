#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/base/result.h"

// Snappy's block format (not the framed one), as Loki and remote-write take it. The format:
// https://github.com/google/snappy/blob/main/format_description.txt
//
// Plain functions, callable from any thread.
namespace pipeline::snappy {

// The most that `size` bytes can become.
std::size_t max_compressed_size(std::size_t size) noexcept;

// Replaces `out`. Reuses its capacity, so that a reused string allocates nothing here (the library
// takes its hash table from the heap, once a call).
void compress(std::string_view input, std::string& out);

// The length that the block declares; invalid_data if there is none or it is above `max_output`.
Result<std::size_t> decompressed_size(std::string_view input, std::size_t max_output);

// Replaces `out`. Fails with invalid_data, before anything is allocated, if the block declares more
// than `max_output` bytes. After a failure `out` holds nothing of use.
Result<> decompress(std::string_view input, std::size_t max_output, std::string& out);

// The same into memory of the caller. REQUIRES: out.size() is decompressed_size(input).
Result<> decompress_into(std::string_view input, std::span<char> out);

// What to put in front of a body so that both together are a legal snappy block that was not
// compressed: the preamble and the tag of one literal.
class LiteralPrefix {
 public:
  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  friend LiteralPrefix literal_prefix(std::string_view body) noexcept;
  std::array<char, 10> bytes_{};  // 5 of preamble, 1 of tag, 4 of length
  std::size_t size_ = 0;
};

// REQUIRES: body.size() < 2^32, which is all that the format can express.
LiteralPrefix literal_prefix(std::string_view body) noexcept;

}  // namespace pipeline::snappy
