#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace plugins::sources::file {

// The first bytes that tell a file from another one with its inode, and the bytes before a position
// that tell whether they are still the ones that were read.
inline constexpr std::size_t kHeadBytes = 1024;
inline constexpr std::size_t kMarkerBytes = 256;

// A hash of some bytes, with how many they were.
struct Digest {
  std::uint32_t length = 0;
  std::uint64_t hash = 0;

  static Digest of(std::string_view bytes) noexcept;
  // Whether `bytes` begin (end) with what this is the digest of. A digest of nothing fits all.
  bool begins(std::string_view bytes) const noexcept;
  bool ends(std::string_view bytes) const noexcept;
  bool operator==(const Digest&) const = default;
};

// A file's name for life: made once from what is known at first sight, and stored with its position.
std::uint64_t file_identity(std::uint64_t device, std::uint64_t inode,
                            std::string_view head) noexcept;

}  // namespace plugins::sources::file
