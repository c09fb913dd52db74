#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/sources/file/anchors.h"
#include "plugins/sources/file/fingerprint.h"
#include "plugins/sources/file/position_ring.h"

namespace plugins::sources::file {

// What is stored of one file: how to know it again, and where to read on.
struct PositionRecord {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t identity = 0;
  Digest head;
  Mark acked;
  std::int64_t modified_ns = 0;  // the file's, when the record was written
  std::int64_t saved_s = 0;      // Unix seconds
  std::vector<Anchor> anchors;
  std::string path;              // the name that its records have
};

// The key is (device, inode, identity); the value is one line of text, path last.
std::string position_key(std::uint64_t device, std::uint64_t inode, std::uint64_t identity);
std::string encode_position(const PositionRecord& record);
// Nothing when the text is of another version or broken: the file then counts as unknown.
std::optional<PositionRecord> decode_position(std::string_view key, std::string_view value);

}  // namespace plugins::sources::file
