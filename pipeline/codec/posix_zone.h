#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pipeline {

// The rule at the end of a TZif file for the time after its last transition: POSIX's TZ variable,
// such as `CET-1CEST,M3.5.0,M10.5.0/3` (RFC 8536 section 3.3).
struct PosixZone {
  struct Change {
    enum class Kind : std::uint8_t { month_week_day, julian_without_leap, day_of_year };
    Kind kind = Kind::month_week_day;
    int month = 0;
    int week = 0;              // 5: the last
    int day = 0;               // of the week from Sunday, or of the year
    std::int32_t time = 7200;  // local seconds after midnight; may lie outside the day
  };

  std::string standard_name;
  std::int32_t standard_offset = 0;  // seconds east
  bool has_summer = false;
  std::string summer_name;
  std::int32_t summer_offset = 0;
  Change to_summer;
  Change to_standard;

  static std::optional<PosixZone> parse(std::string_view text);
  // Local seconds of a change, counted as if they were UTC.
  static std::int64_t local_time_of(const Change& change, std::int64_t year);
};

}  // namespace pipeline
