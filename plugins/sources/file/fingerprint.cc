#include "plugins/sources/file/fingerprint.h"

#include <xxhash.h>

namespace plugins::sources::file {

Digest Digest::of(std::string_view bytes) noexcept {
  return {static_cast<std::uint32_t>(bytes.size()),
          bytes.empty() ? 0 : XXH3_64bits(bytes.data(), bytes.size())};
}

bool Digest::begins(std::string_view bytes) const noexcept {
  return bytes.size() >= length && of(bytes.substr(0, length)) == *this;
}

bool Digest::ends(std::string_view bytes) const noexcept {
  return bytes.size() >= length && of(bytes.substr(bytes.size() - length)) == *this;
}

std::uint64_t file_identity(std::uint64_t device, std::uint64_t inode,
                            std::string_view head) noexcept {
  const std::uint64_t parts[] = {device, inode, Digest::of(head.substr(0, kMarkerBytes)).hash};
  return XXH3_64bits(parts, sizeof parts);
}

}  // namespace plugins::sources::file
