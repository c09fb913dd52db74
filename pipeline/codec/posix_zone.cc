#include "pipeline/codec/posix_zone.h"

#include "pipeline/codec/civil_time.h"

namespace pipeline {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  // `CET`, or `<+0330>`.
  std::optional<std::string> name() {
    std::size_t size = 0;
    if (take('<')) {
      size = rest_.find('>');
      if (size == std::string_view::npos) return std::nullopt;
      std::string found(rest_.substr(0, size));
      rest_.remove_prefix(size + 1);
      return found;
    }
    while (size < rest_.size() && ((rest_[size] | 0x20) >= 'a' && (rest_[size] | 0x20) <= 'z')) {
      ++size;
    }
    if (size < 3) return std::nullopt;
    std::string found(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return found;
  }

  std::optional<int> number(int highest) {
    int value = 0;
    std::size_t size = 0;
    while (size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9' && size < 4) {
      value = value * 10 + (rest_[size] - '0');
      ++size;
    }
    if (size == 0 || value > highest) return std::nullopt;
    rest_.remove_prefix(size);
    return value;
  }

  // [+-]hh[:mm[:ss]] as seconds; hours up to 167 (RFC 8536 3.3.1).
  std::optional<std::int32_t> time() {
    const bool negative = take('-');
    if (!negative) take('+');
    const auto hours = number(167);
    if (!hours) return std::nullopt;
    std::int32_t seconds = *hours * 3600;
    for (const int unit : {60, 1}) {
      if (!take(':')) break;
      const auto part = number(59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }

  std::optional<PosixZone::Change> change() {
    PosixZone::Change made;
    if (take('M')) {
      const auto month = number(12);
      if (!month || *month < 1 || !take('.')) return std::nullopt;
      const auto week = number(5);
      if (!week || *week < 1 || !take('.')) return std::nullopt;
      const auto day = number(6);
      if (!day) return std::nullopt;
      made.month = *month;
      made.week = *week;
      made.day = *day;
    } else {
      made.kind = take('J') ? PosixZone::Change::Kind::julian_without_leap
                            : PosixZone::Change::Kind::day_of_year;
      const auto day = number(365);
      if (!day) return std::nullopt;
      made.day = *day;
    }
    if (take('/')) {
      const auto at = time();
      if (!at) return std::nullopt;
      made.time = *at;
    }
    return made;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<PosixZone> PosixZone::parse(std::string_view text) {
  Reader in(text);
  PosixZone zone;
  auto name = in.name();
  if (!name) return std::nullopt;
  zone.standard_name = std::move(*name);
  const auto west = in.time();
  if (!west) return std::nullopt;
  zone.standard_offset = -*west;
  if (in.done()) return zone;

  name = in.name();
  if (!name) return std::nullopt;
  zone.has_summer = true;
  zone.summer_name = std::move(*name);
  zone.summer_offset = zone.standard_offset + 3600;
  if (in.peek() != ',') {
    const auto summer_west = in.time();
    if (!summer_west) return std::nullopt;
    zone.summer_offset = -*summer_west;
  }
  if (!in.take(',')) return std::nullopt;
  const auto to_summer = in.change();
  if (!to_summer || !in.take(',')) return std::nullopt;
  const auto to_standard = in.change();
  if (!to_standard || !in.done()) return std::nullopt;
  zone.to_summer = *to_summer;
  zone.to_standard = *to_standard;
  return zone;
}

std::int64_t PosixZone::local_time_of(const Change& change, std::int64_t year) {
  std::int64_t day = 0;
  switch (change.kind) {
    case Change::Kind::month_week_day: {
      const auto month = static_cast<unsigned>(change.month);
      const std::int64_t first = days_from_civil(year, month, 1);
      const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
      std::int64_t of_month = (change.day - weekday + 7) % 7 + 7 * (change.week - 1);
      while (of_month >= static_cast<std::int64_t>(days_in_month(year, month))) of_month -= 7;
      day = first + of_month;
      break;
    }
    case Change::Kind::julian_without_leap:  // 1..365: February 29th is never counted
      day = days_from_civil(year, 1, 1) + change.day - 1 +
            (is_leap_year(year) && change.day >= 60 ? 1 : 0);
      break;
    case Change::Kind::day_of_year:  // 0..365
      day = days_from_civil(year, 1, 1) + change.day;
      break;
  }
  return day * kSecondsOfDay + change.time;
}

}  // namespace pipeline
