#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace loki_standin {

enum class Checksum : std::uint8_t {
  ok,
  wrong,
  absent,  // the line was cut before its end, where the checksum stands
};

// Who wrote a line, which of its lines it is, and whether the bytes are the writer's.
struct RecordId {
  std::string_view file;
  std::uint64_t sequence = 0;
  Checksum checksum = Checksum::absent;
};

// Finds the id that tests/support/log_writer put into a line. JSON lines have
// `"file":"f0","seq":12` and end with `,"sum":"<crc32c>"}`, plain ones have ` id=f0:12 ` and end
// with ` sum=<crc32c>`; the checksum is over every byte before `,"sum"` or ` sum=`.
std::optional<RecordId> find_record_id(std::string_view line);

// CRC-32C (Castagnoli), as in RFC 3720.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace loki_standin
