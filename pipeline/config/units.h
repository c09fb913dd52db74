#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pipeline {

// 500ms, 15s, 1h30m, 7d.
using Duration = std::chrono::nanoseconds;

// 64KiB, 8MiB, 1GB.
struct Size {
  std::uint64_t bytes = 0;
  friend constexpr auto operator<=>(const Size&, const Size&) = default;
};

// 1000/s counts records, 10MiB/s counts bytes.
struct Rate {
  double per_second = 0;
  bool in_bytes = false;
  friend constexpr bool operator==(const Rate&, const Rate&) = default;
};

// 0.1 or 10%: always between 0 and 1.
struct Ratio {
  double value = 0;
  friend constexpr auto operator<=>(const Ratio&, const Ratio&) = default;
};

// `auto` or a value.
template <class T>
struct Auto {
  std::optional<T> value;

  Auto() = default;
  Auto(T fixed)
      : value(std::move(fixed)) {
  }  // NOLINT(google-explicit-constructor): a default is written as the value
  bool is_auto() const noexcept { return !value.has_value(); }
  T value_or(T resolved) const { return value.value_or(std::move(resolved)); }
  friend bool operator==(const Auto&, const Auto&) = default;
};

// Size queue = 8_MiB;
inline namespace size_literals {
consteval Size operator""_KiB(unsigned long long n) { return {std::uint64_t{n} << 10}; }
consteval Size operator""_MiB(unsigned long long n) { return {std::uint64_t{n} << 20}; }
consteval Size operator""_GiB(unsigned long long n) { return {std::uint64_t{n} << 30}; }
}  // namespace size_literals

// Why text is not a value with a unit, and what to write instead ("" when we cannot tell).
struct UnitError {
  std::string message;
  std::string hint;
};

template <class T>
using UnitResult = std::expected<T, UnitError>;

// Strict: no spaces, no sign, a unit on everything but 0. Also used for literals in expressions.
UnitResult<Duration> parse_duration(std::string_view text);  // ns us ms s m h d w
UnitResult<Size> parse_size(std::string_view text);          // B kB MB GB TB KiB MiB GiB TiB
UnitResult<Rate> parse_rate(std::string_view text);          // N/s, SIZE/s; also /m, /h, /d
UnitResult<Ratio> parse_ratio(std::string_view text);        // 0.1, 10%

// The shortest text that parses back to the same value.
std::string print(Duration duration);
std::string print(Size size);
std::string print(Rate rate);
std::string print(Ratio ratio);

}  // namespace pipeline
