#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/base/fs.h"
#include "pipeline/base/result.h"

namespace pipeline {

// Where the tz database lies. Debian: package tzdata; a container image needs it too, unless only
// UTC and fixed offsets are used.
inline constexpr std::string_view kZoneDirectory = "/usr/share/zoneinfo";

// What a clock on a wall shows, and when that is. Immutable; copies share the data; any thread.
class TimeZone {
 public:
  TimeZone();  // UTC
  // Seconds east of Greenwich, the whole year.
  static TimeZone fixed(std::int32_t offset);
  // `UTC`, `Z`, `+01:00`, `-0530`, `Europe/Berlin` (TZif, RFC 8536) or `local` (/etc/localtime).
  // Reads the file once; the zone does not change afterwards.
  static Result<TimeZone> find(std::string_view name, FileSystem& files);
  // The bytes of a TZif file.
  static Result<TimeZone> from_tzif(std::string_view bytes);

  // Unix seconds of a local time, counted as if it were UTC. Of a time that happens twice the
  // first; a time that the clocks skip is read as if they had not been moved yet.
  std::int64_t to_unix(std::int64_t local) const noexcept;
  // The offset that an abbreviation such as CEST stands for in this zone.
  std::optional<std::int32_t> offset_of(std::string_view abbreviation) const noexcept;

 private:
  struct Data;
  explicit TimeZone(std::shared_ptr<const Data> data);
  std::shared_ptr<const Data> data_;  // null where the offset is fixed
  std::int32_t offset_ = 0;
};

}  // namespace pipeline
