#include <algorithm>
#include <array>

#include "pipeline/codec/civil_time.h"
#include "pipeline/codec/time_digits.h"
#include "pipeline/codec/time_parse.h"

namespace pipeline {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool starts_with_lower(const char* p, const char* end, std::string_view lower) noexcept {
  if (end - p < static_cast<std::ptrdiff_t>(lower.size())) return false;
  for (const char c : lower)
    if ((*p++ | 0x20) != c) return false;
  return true;
}

// A name's first three letters or all of them, whatever the case. The index, or -1.
template <std::size_t N>
int name_index(const std::array<std::string_view, N>& names, const char*& p,
               const char* end) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    if (!starts_with_lower(p, end, names[i].substr(0, 3))) continue;
    p += starts_with_lower(p, end, names[i]) ? names[i].size() : 3;
    return static_cast<int>(i);
  }
  return -1;
}

// One to `width` digits.
bool number(const char*& p, const char* end, unsigned width, unsigned& out) noexcept {
  const char* const start = p;
  out = 0;
  while (p < end && p - start < static_cast<std::ptrdiff_t>(width) && time_digits::is_digit(*p)) {
    out = out * 10 + static_cast<unsigned>(*p++ - '0');
  }
  return p != start;
}

}  // namespace

struct TimeFormat::Fields {
  std::int64_t year = -1;  // -1: the format has none
  unsigned month = 1;
  unsigned day = 1;
  unsigned day_of_year = 0;  // 0: none
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  bool pm = false;
  bool has_offset = false;
  std::int32_t offset = 0;
  std::int64_t unix_seconds = 0;
  std::int64_t ns = 0;
  unsigned digits = 0;
};

bool TimeFormat::has(Op op) const noexcept {
  return std::any_of(steps_.begin(), steps_.end(),
                     [op](const Step& step) { return step.op == op; });
}

Result<> TimeFormat::add_pattern(std::string_view pattern) {
  const auto add = [this](Op op) { steps_.push_back({.op = op, .literal = 0}); };
  const auto compound = [this](std::string_view of) { return add_pattern(of); };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (is_space(c)) {
      add(Op::space);
      continue;
    }
    if (c != '%') {
      steps_.push_back({.op = Op::literal, .literal = c});
      continue;
    }
    const std::string_view rest = pattern.substr(i + 1);
    if (rest.starts_with("E*S") || rest.starts_with("E*f")) {
      add(rest[2] == 'S' ? Op::second_with_fraction : Op::fraction);
      i += 3;
      continue;
    }
    const char letter = rest.empty() ? '\0' : rest.front();
    ++i;
    switch (letter) {
      case 'Y':
        add(Op::year);
        break;
      case 'y':
        add(Op::short_year);
        break;
      case 'm':
        add(Op::month);
        break;
      case 'b':
      case 'B':
      case 'h':
        add(Op::month_name);
        break;
      case 'd':
      case 'e':
        add(Op::day);
        break;
      case 'j':
        add(Op::day_of_year);
        break;
      case 'a':
      case 'A':
        add(Op::weekday_name);
        break;
      case 'H':
      case 'k':
        add(Op::hour);
        break;
      case 'I':
      case 'l':
        add(Op::hour12);
        break;
      case 'p':
        add(Op::am_pm);
        break;
      case 'M':
        add(Op::minute);
        break;
      case 'S':
        add(Op::second);
        break;
      case 'f':
        add(Op::fraction);
        break;
      case 's':
        add(Op::unix_seconds);
        break;
      case 'z':
        add(Op::offset);
        break;
      case 'Z':
        add(Op::zone_name);
        break;
      case 'n':
      case 't':
        add(Op::space);
        break;
      case '%':
        steps_.push_back({.op = Op::literal, .literal = '%'});
        break;
      case 'T':
        if (auto r = compound("%H:%M:%S"); !r) return r;
        break;
      case 'R':
        if (auto r = compound("%H:%M"); !r) return r;
        break;
      case 'D':
        if (auto r = compound("%m/%d/%y"); !r) return r;
        break;
      case 'F':
        if (auto r = compound("%Y-%m-%d"); !r) return r;
        break;
      case '\0':
        return failure(Errc::invalid_data, "a time format ends with a single '%'; write '%%'");
      default:
        return failure(Errc::invalid_data,
                       std::string("a time format has no '%") + letter +
                           "'; it has %Y %y %m %b %B %d %e %j %H %I %p %M %S %E*S %f %s %z %Z %a "
                           "%A %T %R %D %F %n %t %%");
    }
  }
  return {};
}

bool TimeFormat::read(const Step& step, const char*& p, const char* end,
                      Fields& out) const noexcept {
  unsigned value = 0;
  switch (step.op) {
    case Op::literal:
      if (p == end || *p != step.literal) return false;
      ++p;
      return true;
    case Op::space:
      while (p < end && is_space(*p)) ++p;
      return true;
    case Op::year:
      if (end - p < 4 || !number(p, p + 4, 4, value) || value < 1000) return false;
      out.year = value;
      return true;
    case Op::short_year:
      if (!number(p, end, 2, value)) return false;
      out.year = value + (value < 69 ? 2000 : 1900);  // as POSIX says
      return true;
    case Op::month:
      return number(p, end, 2, out.month) && out.month >= 1 && out.month <= 12;
    case Op::month_name: {
      const int index = name_index(kMonths, p, end);
      out.month = static_cast<unsigned>(index + 1);
      return index >= 0;
    }
    case Op::day:
      if (p < end && *p == ' ') ++p;  // "Jan  2"
      return number(p, end, 2, out.day) && out.day >= 1;
    case Op::day_of_year:
      return number(p, end, 3, out.day_of_year) && out.day_of_year >= 1 && out.day_of_year <= 366;
    case Op::weekday_name:
      return name_index(kWeekdays, p, end) >= 0;
    case Op::hour:
      if (p < end && *p == ' ') ++p;
      return number(p, end, 2, out.hour) && out.hour < 24;
    case Op::hour12:
      if (p < end && *p == ' ') ++p;
      if (!number(p, end, 2, value) || value < 1 || value > 12) return false;
      out.hour = value % 12;
      return true;
    case Op::am_pm:
      if (end - p < 2 || (p[1] | 0x20) != 'm') return false;
      out.pm = (p[0] | 0x20) == 'p';
      if (!out.pm && (p[0] | 0x20) != 'a') return false;
      p += 2;
      return true;
    case Op::minute:
      return number(p, end, 2, out.minute) && out.minute < 60;
    case Op::second:
      return number(p, end, 2, out.second) && out.second <= 60;
    case Op::second_with_fraction:
      if (!number(p, end, 2, out.second) || out.second > 60) return false;
      if (p == end || (*p != '.' && *p != ',')) return true;
      ++p;
      return time_digits::fraction(p, end, out.ns, out.digits);
    case Op::fraction:
      return time_digits::fraction(p, end, out.ns, out.digits);
    case Op::unix_seconds: {
      const char* const start = p;
      while (p < end && time_digits::is_digit(*p) && p - start < 12) {
        out.unix_seconds = out.unix_seconds * 10 + (*p++ - '0');
      }
      return p != start;
    }
    case Op::offset:
      out.has_offset = true;
      return time_digits::offset(p, end, out.offset);
    case Op::zone_name: {
      out.has_offset = true;
      if (p < end && (*p == '+' || *p == '-')) return time_digits::offset(p, end, out.offset);
      const char* const start = p;
      while (p < end && (*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') ++p;
      const std::string_view name(start, static_cast<std::size_t>(p - start));
      if (const auto offset = zone_.offset_of(name)) {
        out.offset = *offset;
        return true;
      }
      out.offset = 0;
      return name == "UTC" || name == "GMT" || name == "Z" || name == "utc" || name == "gmt";
    }
  }
  return false;
}

std::optional<ParsedTime> TimeFormat::parse_pattern(std::string_view text,
                                                    UnixNanos reference) const noexcept {
  Fields fields;
  const char* p = text.data();
  const char* const end = p + text.size();
  for (const Step& step : steps_)
    if (!read(step, p, end, fields)) return std::nullopt;
  if (p != end) return std::nullopt;
  return resolve(fields, reference);
}

std::optional<ParsedTime> TimeFormat::resolve(const Fields& fields,
                                              UnixNanos reference) const noexcept {
  if (has_unix_) return time_digits::combine(fields.unix_seconds, fields.ns, fields.digits);
  std::int64_t year = fields.year;
  if (year < 0) {
    const CivilDate read_at =
        civil_from_days(floor_divide(floor_divide(reference, 1'000'000'000), kSecondsOfDay));
    year = read_at.year;
    if (fields.month == 1 && read_at.month == 12) ++year;
    if (fields.month == 12 && read_at.month == 1) --year;
  }
  std::int64_t days = 0;
  if (fields.day_of_year > 0) {
    if (fields.day_of_year > (is_leap_year(year) ? 366u : 365u)) return std::nullopt;
    days = days_from_civil(year, 1, 1) + fields.day_of_year - 1;
  } else {
    if (fields.day > days_in_month(year, fields.month)) return std::nullopt;
    days = days_from_civil(year, fields.month, fields.day);
  }
  const unsigned hour = fields.hour + (fields.pm ? 12 : 0);
  if (hour > 23 || (fields.second == 60 && fields.minute != 59)) return std::nullopt;
  const std::int64_t local =
      days * kSecondsOfDay +
      static_cast<std::int64_t>(hour * 3600 + fields.minute * 60 + fields.second);
  return time_digits::combine(fields.has_offset ? local - fields.offset : zone_.to_unix(local),
                              fields.ns, fields.digits);
}

}  // namespace pipeline
