#pragma once

#include <cstdint>
#include <optional>

#include "pipeline/base/clock.h"
#include "pipeline/codec/time_parse.h"

// Pieces that RFC 3339 and patterns share. Included by time_*.cc only.
namespace pipeline::time_digits {

inline bool is_digit(char c) noexcept { return static_cast<unsigned>(c - '0') <= 9; }

// Exactly two digits.
inline bool two(const char* p, unsigned& out) noexcept {
  const unsigned tens = static_cast<unsigned>(p[0] - '0');
  const unsigned ones = static_cast<unsigned>(p[1] - '0');
  out = tens * 10 + ones;
  return tens <= 9 && ones <= 9;
}

// The digits at `p` as a fraction of a second; moves `p` behind them. False when there are none.
inline bool fraction(const char*& p, const char* end, std::int64_t& ns, unsigned& digits) noexcept {
  static constexpr std::int64_t kScale[] = {
      1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  const char* const start = p;
  std::int64_t value = 0;
  while (p < end && is_digit(*p) && p - start < 9) value = value * 10 + (*p++ - '0');
  digits = static_cast<unsigned>(p - start);
  ns = value * kScale[digits];
  while (p < end && is_digit(*p)) ++p;
  return digits > 0;
}

// `Z`, `z`, `+01:00`, `+0100` or `+01` at `p`, which moves behind it. Seconds east.
inline bool offset(const char*& p, const char* end, std::int32_t& seconds) noexcept {
  if (p == end) return false;
  if ((*p | 0x20) == 'z') {
    ++p;
    seconds = 0;
    return true;
  }
  if (*p != '+' && *p != '-') return false;
  const bool west = *p == '-';
  unsigned hours = 0;
  unsigned minutes = 0;
  if (end - p < 3 || !two(p + 1, hours)) return false;
  p += 3;
  const char* const minute = p < end && *p == ':' ? p + 1 : p;
  if (end - minute >= 2 && is_digit(*minute)) {
    if (!two(minute, minutes)) return false;
    p = minute + 2;
  } else if (minute != p) {
    return false;
  }
  if (hours > 23 || minutes > 59) return false;
  seconds = static_cast<std::int32_t>(hours * 3600 + minutes * 60);
  if (west) seconds = -seconds;
  return true;
}

// Empty where 64 bits of nanoseconds end: before 1677 and after 2262.
inline std::optional<ParsedTime> combine(std::int64_t seconds, std::int64_t ns,
                                         unsigned digits) noexcept {
  ParsedTime time{.ns = 0, .digits = digits};
  if (__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &time.ns) ||
      __builtin_add_overflow(time.ns, ns, &time.ns)) {
    return std::nullopt;
  }
  return time;
}

}  // namespace pipeline::time_digits
