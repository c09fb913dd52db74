#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.h"

namespace pipeline {

enum class LineFormat : std::uint8_t { json, logfmt, plain };
std::string_view name_of(LineFormat format) noexcept;

// What a sample of lines looks like. Guesses, made from names and values; every one of them is
// tried out by the transforms themselves afterwards.
struct Detected {
  LineFormat format = LineFormat::plain;
  std::size_t lines = 0;            // that were looked at
  std::size_t matched = 0;          // that have the format
  std::vector<std::string> fields;  // of JSON and logfmt lines, the most frequent first

  std::string time_field;   // "" when none
  std::string time_format;  // as the timestamp transform takes it
  std::size_t times = 0;    // lines whose time it reads

  std::string level_field;
  std::vector<std::string> level_values;
  std::vector<std::string> labels;      // few values each: level, service
  std::vector<std::string> candidates;  // few values too, with names that say less
  std::vector<std::string> identities;  // one per request or trace: for structured metadata
};

// Lines looked at. Guesses do not get better with more.
inline constexpr std::size_t kMaxDetectedLines = 2000;

// `now` decides years that a time format lacks.
Detected detect(std::span<const std::string_view> lines, UnixNanos now);

// A way to write times.
struct TimeGuess {
  std::string_view format;
  std::string_view example;  // "Jun 14 15:16:01"
};
// The time near the beginning of a plain line; nothing (an empty format) when most lines have none
// that we know. `count`: lines that have it.
TimeGuess detect_leading_time(std::span<const std::string_view> lines, UnixNanos now,
                              std::size_t& count);

// Reads `key=value key="a b"` words; true when the line is mostly that.
bool read_logfmt(std::string_view line,
                 std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace pipeline
