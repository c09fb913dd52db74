#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/base/clock.h"

// Text of records to what a literal compares with. None of these allocates; all take the whole text
// or nothing.
namespace pipeline::expr {

// A number that knows when it is a 64-bit integer, so that ids beyond 2^53 compare exactly.
struct Number {
  double real = 0;
  std::int64_t integer = 0;  // only when is_integer
  bool is_integer = false;

  static Number of(std::int64_t value) noexcept {
    return {static_cast<double>(value), value, true};
  }
};

// -1, 0 or 1.
inline int order(const Number& a, const Number& b) noexcept {
  if (a.is_integer && b.is_integer) return (a.integer > b.integer) - (a.integer < b.integer);
  return (a.real > b.real) - (a.real < b.real);
}

// What is no short integer: signs, fractions, exponents. No hexadecimal, no `inf`, no spaces.
std::optional<Number> parse_other_number(std::string_view text) noexcept;

inline std::optional<Number> parse_number(std::string_view text) noexcept {
  // 18 digits always fit.
  if (text.empty() || text.size() > 18) return parse_other_number(text);
  std::int64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned char>(c - '0');
    if (digit > 9) return parse_other_number(text);
    value = value * 10 + digit;
  }
  return Number::of(value);
}

// Nanoseconds: `1.2s`, `1h30m`, `12.3 ms`, Go's `1m2.5s` and `3µs`. A bare number has no unit and
// is none, except 0.
std::optional<double> parse_duration_value(std::string_view text) noexcept;

// Bytes: `10MiB`, `1.5 GB`, `512B`; a bare number counts bytes.
std::optional<double> parse_size_value(std::string_view text) noexcept;

// RFC 3339, also with a space instead of the T. Nanoseconds; further digits are cut.
std::optional<UnixNanos> parse_time_value(std::string_view text) noexcept;

// An address as 128 bits; IPv4 is ::ffff:a.b.c.d.
using Address = std::array<std::uint8_t, 16>;

// `10.1.2.3`, `2001:db8::1`, also with a port: `10.1.2.3:80`, `[::1]:80`.
std::optional<Address> parse_address(std::string_view text) noexcept;

struct Network {
  Address address{};
  int bits = 128;  // that must be equal
  bool contains(const Address& other) const noexcept;
};

// `10.0.0.0/8`, `2001:db8::/32`, or one address.
std::optional<Network> parse_network(std::string_view text) noexcept;

}  // namespace pipeline::expr
