#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/base/result.h"
#include "pipeline/codec/time_zone.h"

namespace pipeline {

struct ParsedTime {
  UnixNanos ns = 0;
  // Digits of the second's fraction that the text had: how finely its clock counts. 0..9.
  unsigned digits = 0;
  bool operator==(const ParsedTime&) const = default;
};

// RFC 3339: `T`, `t` or a space between date and time, a fraction of any length behind '.' or ','
// (what is finer than 1 ns is cut off), `Z`, `z`, `+01:00`, `+0100` or `+01`; without an offset the
// time is one of `zone`. Second 60 is the next minute's 0. No allocation; any thread.
std::optional<ParsedTime> parse_rfc3339(std::string_view text, const TimeZone& zone = {}) noexcept;

// A number as text, with or without fraction and exponent, in units of 10^-`unit_digits` s: 0 for
// seconds, 3 for milliseconds. Exact.
std::optional<ParsedTime> parse_unix_time(std::string_view text, unsigned unit_digits) noexcept;

// One way to write a time. Compiled once; copies share nothing; any thread may parse.
class TimeFormat {
 public:
  // `rfc3339`, `unix` or `unix_s`, `unix_ms`, `unix_us`, `unix_ns`, or a pattern of strptime's:
  // docs of the timestamp transform list its letters. `zone` holds for texts without an offset.
  static Result<TimeFormat> compile(std::string_view format, TimeZone zone = {});

  // `reference` (when the record was read) decides a year that the format lacks: its own, or a
  // neighbour's between December and January. The whole text must fit.
  std::optional<ParsedTime> parse(std::string_view text, UnixNanos reference) const noexcept;

  const std::string& text() const noexcept { return text_; }

 private:
  enum class Kind : std::uint8_t { rfc3339, unix_time, pattern };
  enum class Op : std::uint8_t {
    literal,
    space,
    year,
    short_year,
    month,
    month_name,
    day,
    day_of_year,
    weekday_name,
    hour,
    hour12,
    am_pm,
    minute,
    second,
    second_with_fraction,
    fraction,
    unix_seconds,
    offset,
    zone_name,
  };
  struct Step {
    Op op = Op::literal;
    char literal = 0;
  };
  struct Fields;

  Result<> add_pattern(std::string_view pattern);
  bool has(Op op) const noexcept;
  std::optional<ParsedTime> parse_pattern(std::string_view text,
                                          UnixNanos reference) const noexcept;
  bool read(const Step& step, const char*& p, const char* end, Fields& fields) const noexcept;
  std::optional<ParsedTime> resolve(const Fields& fields, UnixNanos reference) const noexcept;

  Kind kind_ = Kind::rfc3339;
  unsigned unit_digits_ = 0;
  bool has_unix_ = false;  // %s, which decides alone
  std::vector<Step> steps_;
  TimeZone zone_;
  std::string text_;
};

// `2026-01-02T03:04:05.678000000Z`: nine digits always, so that texts sort as times do.
inline constexpr std::size_t kRfc3339Size = 30;
// Writes kRfc3339Size bytes; returns behind the last.
char* put_rfc3339(char* out, UnixNanos time) noexcept;
void append_rfc3339(std::string& out, UnixNanos time);

}  // namespace pipeline
