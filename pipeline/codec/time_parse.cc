#include "pipeline/codec/time_parse.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "pipeline/base/bytes.h"
#include "pipeline/codec/civil_time.h"
#include "pipeline/codec/time_digits.h"

namespace pipeline {
namespace {

// What eight characters have to be: '0' stands for a digit, all else for itself. The first
// character is the lowest byte.
struct Shape {
  std::uint64_t base = 0;
  // What is added to a fitting difference leaves its highest bit clear, to any other it sets it.
  std::uint64_t room = 0;

  consteval explicit Shape(const char (&text)[9]) {
    for (unsigned i = 0; i < 8; ++i) {
      base |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
      room |= std::uint64_t{text[i] == '0' ? 0x76u : 0x7Fu} << (8 * i);
    }
  }
};
constexpr Shape kDate("0000-00-");
constexpr Shape kClock("00:00:00");

// The characters' differences from the shape: 0..9 for digits. False when one does not fit.
bool eight(const char* p, const Shape& shape, std::uint64_t& out) noexcept {
  std::uint64_t text = 0;
  std::memcpy(&text, p, 8);
  if constexpr (std::endian::native == std::endian::big) text = __builtin_bswap64(text);
  out = text - shape.base;
  return ((out | (out + shape.room)) & 0x8080808080808080ULL) == 0;
}

unsigned pair(std::uint64_t digits, unsigned at) noexcept {
  const std::uint64_t two = digits >> (8 * at);
  return static_cast<unsigned>((two & 0xFF) * 10 + (two >> 8 & 0xFF));
}

}  // namespace

std::optional<ParsedTime> parse_rfc3339(std::string_view text, const TimeZone& zone) noexcept {
  if (text.size() < 19) return std::nullopt;
  const char* p = text.data();
  const char* const end = p + text.size();
  std::uint64_t date = 0;
  std::uint64_t clock = 0;
  unsigned day = 0;
  // One test for all: the usual line passes every part of it.
  bool ok = eight(p, kDate, date);
  ok &= time_digits::two(p + 8, day);
  ok &= eight(p + 11, kClock, clock);
  ok &= (p[10] | 0x20) == 't' || p[10] == ' ';
  const unsigned century = pair(date, 0);
  const unsigned month = pair(date, 5);
  const unsigned hour = pair(clock, 0);
  const unsigned minute = pair(clock, 3);
  const unsigned second = pair(clock, 6);
  ok &=
      month - 1 < 12 && hour < 24 && minute < 60 && (second < 60 || (second == 60 && minute == 59));
  // The range of 64 bits begins in 1677.
  ok &= century >= 16;
  if (!ok) return std::nullopt;
  const std::int64_t year = century * 100 + pair(date, 2);
  if (day - 1 >= 28 && day - 1 >= days_in_month(year, month)) return std::nullopt;

  p += 19;
  std::int64_t ns = 0;
  unsigned digits = 0;
  if (p < end && (*p == '.' || *p == ',')) {
    ++p;
    if (!time_digits::fraction(p, end, ns, digits)) return std::nullopt;
  }
  const std::int64_t local = days_from_civil(year, month, day) * kSecondsOfDay +
                             static_cast<std::int64_t>(hour * 3600 + minute * 60 + second);
  if (p == end) return time_digits::combine(zone.to_unix(local), ns, digits);
  std::int32_t offset = 0;
  if (!time_digits::offset(p, end, offset) || p != end) return std::nullopt;
  return time_digits::combine(local - offset, ns, digits);
}

std::optional<ParsedTime> parse_unix_time(std::string_view text, unsigned unit_digits) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) ++p;

  // The number is `value` * 10^`exponent`.
  std::int64_t value = 0;
  int exponent = 0;
  int fraction_digits = 0;
  bool any = false;
  bool in_fraction = false;
  for (; p < end; ++p) {
    if (*p == '.' && !in_fraction) {
      in_fraction = true;
      continue;
    }
    if (!time_digits::is_digit(*p)) break;
    any = true;
    if (in_fraction) ++fraction_digits;
    if (value < 900'000'000'000'000'000) {  // one digit more still fits
      value = value * 10 + (*p - '0');
      exponent -= in_fraction ? 1 : 0;
    } else {
      exponent += in_fraction ? 0 : 1;
    }
  }
  if (!any) return std::nullopt;
  if (p < end && (*p | 0x20) == 'e') {
    ++p;
    const bool down = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) ++p;
    if (p == end) return std::nullopt;
    int power = 0;
    for (; p < end && time_digits::is_digit(*p); ++p)
      power = std::min(power * 10 + (*p - '0'), 999);
    exponent += down ? -power : power;
    fraction_digits -= down ? -power : power;
  }
  if (p != end) return std::nullopt;

  const int digits = static_cast<int>(unit_digits) + std::max(fraction_digits, 0);
  exponent += 9 - static_cast<int>(unit_digits);
  for (; exponent > 0 && value != 0; --exponent) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return std::nullopt;
  }
  for (; exponent < 0 && value != 0; ++exponent) value /= 10;
  return ParsedTime{.ns = negative ? -value : value,
                    .digits = static_cast<unsigned>(std::min(digits, 9))};
}

Result<TimeFormat> TimeFormat::compile(std::string_view format, TimeZone zone) {
  TimeFormat made;
  made.text_ = format;
  made.zone_ = std::move(zone);
  static constexpr struct {
    std::string_view name;
    unsigned digits;
  } kUnits[] = {{"unix", 0}, {"unix_s", 0}, {"unix_ms", 3}, {"unix_us", 6}, {"unix_ns", 9}};
  if (format == "rfc3339") return made;
  for (const auto& unit : kUnits) {
    if (format != unit.name) continue;
    made.kind_ = Kind::unix_time;
    made.unit_digits_ = unit.digits;
    return made;
  }
  if (format.find('%') == std::string_view::npos) {
    return failure(Errc::invalid_data,
                   "'" + std::string(format) +
                       "' is not a time format: write rfc3339, unix, unix_ms, unix_us, unix_ns or "
                       "a pattern such as '%Y-%m-%d %H:%M:%S'");
  }
  made.kind_ = Kind::pattern;
  if (auto added = made.add_pattern(format); !added) return std::unexpected(added.error());
  made.has_unix_ = made.has(Op::unix_seconds);
  const bool has_month = made.has(Op::month) || made.has(Op::month_name);
  if (!made.has_unix_ && !made.has(Op::day_of_year) && !(has_month && made.has(Op::day))) {
    return failure(Errc::invalid_data, "the time format '" + std::string(format) +
                                           "' has no day: it needs %d with %m or %b, or %j, or %s");
  }
  return made;
}

std::optional<ParsedTime> TimeFormat::parse(std::string_view text,
                                            UnixNanos reference) const noexcept {
  switch (kind_) {
    case Kind::rfc3339:
      return parse_rfc3339(text, zone_);
    case Kind::unix_time:
      return parse_unix_time(text, unit_digits_);
    case Kind::pattern:
      return parse_pattern(text, reference);
  }
  return std::nullopt;
}

char* put_rfc3339(char* out, UnixNanos time) noexcept {
  const std::int64_t seconds = floor_divide(time, 1'000'000'000);
  const std::int64_t days = floor_divide(seconds, kSecondsOfDay);
  auto ns = static_cast<std::uint32_t>(time - seconds * 1'000'000'000);
  const auto of_day = static_cast<unsigned>(seconds - days * kSecondsOfDay);
  const CivilDate date = civil_from_days(days);
  const auto put2 = [](char* at, unsigned value) {
    at[0] = static_cast<char>('0' + value / 10);
    at[1] = static_cast<char>('0' + value % 10);
  };
  const auto year = static_cast<unsigned>(date.year);  // 1677..2262
  put2(out, year / 100);
  put2(out + 2, year % 100);
  out[4] = '-';
  put2(out + 5, date.month);
  out[7] = '-';
  put2(out + 8, date.day);
  out[10] = 'T';
  put2(out + 11, of_day / 3600);
  out[13] = ':';
  put2(out + 14, of_day / 60 % 60);
  out[16] = ':';
  put2(out + 17, of_day % 60);
  out[19] = '.';
  for (int i = 28; i >= 20; --i) {
    out[i] = static_cast<char>('0' + ns % 10);
    ns /= 10;
  }
  out[29] = 'Z';
  return out + kRfc3339Size;
}

void append_rfc3339(std::string& out, UnixNanos time) {
  put_rfc3339(extend(out, kRfc3339Size), time);
}

}  // namespace pipeline
