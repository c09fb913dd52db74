#include "pipeline/config/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace pipeline {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr auto kTimes = std::to_array<Unit>({{"w", 604'800 * kSecond},
                                             {"d", 86'400 * kSecond},
                                             {"h", 3'600 * kSecond},
                                             {"m", 60 * kSecond},
                                             {"s", kSecond},
                                             {"ms", 1'000'000},
                                             {"us", 1'000},
                                             {"ns", 1}});
constexpr auto kSizes = std::to_array<Unit>({{"TiB", std::uint64_t{1} << 40},
                                             {"GiB", std::uint64_t{1} << 30},
                                             {"MiB", std::uint64_t{1} << 20},
                                             {"KiB", std::uint64_t{1} << 10},
                                             {"TB", 1'000'000'000'000},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"kB", 1'000},
                                             {"B", 1}});

std::unexpected<UnitError> wrong(std::string message, std::string hint = {}) {
  return std::unexpected(UnitError{std::move(message), std::move(hint)});
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A decimal number without sign or exponent. Digits behind 2^64 make it too large.
struct Number {
  std::uint64_t whole = 0;
  double exact = 0;
  bool has_fraction = false;
  bool overflow = false;
  std::size_t length = 0;  // 0: no number here
};

Number read_number(std::string_view text) {
  Number number;
  std::size_t i = 0;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == 0) return number;
  number.overflow = std::from_chars(text.data(), text.data() + i, number.whole).ec != std::errc();
  if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
    number.has_fraction = true;
    ++i;
    while (i < text.size() && is_digit(text[i])) ++i;
  }
  std::from_chars(text.data(), text.data() + i, number.exact);
  number.length = i;
  return number;
}

std::string_view word_at(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && !is_digit(text[i]) && text[i] != '.') ++i;
  return text.substr(0, i);
}

std::optional<std::uint64_t> scaled(const Number& number, std::uint64_t factor,
                                    std::uint64_t most) {
  if (number.overflow) return std::nullopt;
  if (number.has_fraction) {
    const double value = std::round(number.exact * static_cast<double>(factor));
    if (value >= static_cast<double>(most)) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  }
  if (number.whole > most / factor) return std::nullopt;
  return number.whole * factor;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// What somebody who wrote this unit of time means; "" when we do not know.
std::string_view known_time(std::string_view unit) {
  const std::string word = lower(unit);
  for (const auto& [typed, meant] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"sec", "s"},
                                                                            {"secs", "s"},
                                                                            {"second", "s"},
                                                                            {"seconds", "s"},
                                                                            {"s", "s"},
                                                                            {"min", "m"},
                                                                            {"mins", "m"},
                                                                            {"minute", "m"},
                                                                            {"minutes", "m"},
                                                                            {"m", "m"},
                                                                            {"hr", "h"},
                                                                            {"hrs", "h"},
                                                                            {"hour", "h"},
                                                                            {"hours", "h"},
                                                                            {"h", "h"},
                                                                            {"day", "d"},
                                                                            {"days", "d"},
                                                                            {"d", "d"},
                                                                            {"week", "w"},
                                                                            {"weeks", "w"},
                                                                            {"w", "w"},
                                                                            {"msec", "ms"},
                                                                            {"millis", "ms"},
                                                                            {"ms", "ms"},
                                                                            {"milliseconds", "ms"},
                                                                            {"usec", "us"},
                                                                            {"\xC2\xB5s", "us"},
                                                                            {"\xCE\xBCs", "us"},
                                                                            {"us", "us"},
                                                                            {"nanos", "ns"},
                                                                            {"ns", "ns"}}) {
    if (word == typed) return meant;
  }
  return {};
}

// The same for sizes: Kubernetes writes 128Mi, and K, M and G mean powers of 1024 nearly
// everywhere.
std::string_view known_size(std::string_view unit) {
  const std::string word = lower(unit);
  if (word == "b" || word == "byte" || word == "bytes") return "B";
  if (word == "kb") return "kB";
  if (word == "mb") return "MB";
  if (word == "gb") return "GB";
  if (word == "tb") return "TB";
  if (word == "k" || word == "ki" || word == "kib") return "KiB";
  if (word == "m" || word == "mi" || word == "mib") return "MiB";
  if (word == "g" || word == "gi" || word == "gib") return "GiB";
  if (word == "t" || word == "ti" || word == "tib") return "TiB";
  return {};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

constexpr std::string_view kTimeUnits = "units are ns us ms s m h d w";
constexpr std::string_view kSizeUnits = "units are B kB MB GB TB KiB MiB GiB TiB";

std::string shortest(double value) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return end.ec == std::errc() ? std::string(buffer.data(), end.ptr) : fmt::format("{}", value);
}

}  // namespace

UnitResult<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration(0);
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t total = 0;
  std::string_view rest = text;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  if (rest.empty()) return wrong("it is empty");
  if (rest.front() == '-') return wrong("it must not be negative");
  while (!rest.empty()) {
    const Number number = read_number(rest);
    if (number.length == 0)
      return wrong("it does not begin with a number", std::string(kTimeUnits));
    rest.remove_prefix(number.length);
    const std::string_view name = word_at(rest);
    if (name.empty()) {
      return wrong("the unit is missing", fmt::format("write {0}s, {0}m or {0}ms", text));
    }
    const Unit* unit = nullptr;
    for (const Unit& candidate : kTimes) {
      if (candidate.name == name) unit = &candidate;
    }
    if (unit == nullptr) {
      const std::string_view meant = known_time(trimmed(name));
      const std::string_view digits = text.substr(0, text.size() - rest.size());
      return wrong(
          fmt::format("there is no unit '{}'", trimmed(name)),
          meant.empty() ? std::string(kTimeUnits) : fmt::format("write {}{}", digits, meant));
    }
    if (unit->factor >= last) return wrong("its units do not go from long to short");
    last = unit->factor;
    const auto part = scaled(number, unit->factor, kMost);
    if (!part || *part > kMost - total) return wrong("it is too long", "the longest is 15250w");
    total += *part;
    rest.remove_prefix(name.size());
  }
  return Duration(static_cast<std::int64_t>(total));
}

UnitResult<Size> parse_size(std::string_view text) {
  if (text == "0") return Size{};
  if (text.empty()) return wrong("it is empty");
  if (text.front() == '-') return wrong("it must not be negative");
  const Number number = read_number(text);
  if (number.length == 0) return wrong("it does not begin with a number", std::string(kSizeUnits));
  const std::string_view digits = text.substr(0, number.length);
  const std::string_view name = text.substr(number.length);
  if (name.empty()) {
    const bool whole_mib =
        !number.has_fraction && number.whole >= (1U << 20) && number.whole % (1U << 20) == 0;
    return wrong("the unit is missing", whole_mib
                                            ? fmt::format("write {}", print(Size{number.whole}))
                                            : fmt::format("write {0}MiB, {0}KiB or {0}B", text));
  }
  for (const Unit& unit : kSizes) {
    if (unit.name != name) continue;
    const auto bytes = scaled(number, unit.factor, std::numeric_limits<std::uint64_t>::max());
    if (!bytes) return wrong("it is too large");
    return Size{*bytes};
  }
  const std::string_view meant = known_size(trimmed(name));
  return wrong(fmt::format("there is no unit '{}'", trimmed(name)),
               meant.empty() ? std::string(kSizeUnits) : fmt::format("write {}{}", digits, meant));
}

UnitResult<Rate> parse_rate(std::string_view text) {
  if (text == "0") return Rate{};
  if (text.empty()) return wrong("it is empty");
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return wrong("it does not say per what time", fmt::format("write {}/s", text));
  }
  const std::string_view amount = text.substr(0, slash);
  const std::string_view period = text.substr(slash + 1);
  double seconds = 0;
  if (period == "s") seconds = 1;
  if (period == "m") seconds = 60;
  if (period == "h") seconds = 3600;
  if (period == "d") seconds = 86400;
  if (seconds == 0) {
    std::string_view meant = known_time(trimmed(period));
    if (meant.empty() || meant == "w" || meant.size() > 1) meant = "s";
    return wrong(fmt::format("there is no period '{}'", period),
                 fmt::format("write {}/{}", trimmed(amount), meant));
  }
  const Number number = read_number(amount);
  if (number.length == 0)
    return wrong("it does not begin with a number", "write 1000/s or 10MiB/s");
  if (number.length == amount.size()) return Rate{number.exact / seconds, false};
  const auto size = parse_size(amount);
  if (!size) {
    std::string hint = size.error().hint;
    if (hint.starts_with("write ")) hint += fmt::format("/{}", period);
    return wrong(size.error().message, std::move(hint));
  }
  return Rate{static_cast<double>(size->bytes) / seconds, true};
}

UnitResult<Ratio> parse_ratio(std::string_view text) {
  if (text.empty()) return wrong("it is empty");
  const bool percent = text.back() == '%';
  const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
  const Number number = read_number(digits);
  if (number.length == 0 || number.length != digits.size()) {
    return wrong("it is no number between 0 and 1, and no percentage", "write 0.1 or 10%");
  }
  const double value = percent ? number.exact / 100 : number.exact;
  if (value > 1) {
    return wrong("it is more than all",
                 !percent && value <= 100 ? fmt::format("write {}%", text) : "the most is 100%");
  }
  return Ratio{value};
}

std::string print(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string text;
  if (rest < 0) {
    text = "-";
    rest = rest == std::numeric_limits<std::int64_t>::min()
               ? std::numeric_limits<std::int64_t>::max()
               : -rest;
  }
  constexpr std::int64_t kDay = 86'400 * static_cast<std::int64_t>(kSecond);
  // 24h is how people write a day; from two on they count days.
  if (rest % kDay == 0 && rest / kDay >= 2) return fmt::format("{}{}d", text, rest / kDay);
  for (const Unit& unit : kTimes) {
    if (unit.name == "w" || unit.name == "d") continue;
    const auto factor = static_cast<std::int64_t>(unit.factor);
    if (rest < factor) continue;
    text += fmt::format("{}{}", rest / factor, unit.name);
    rest %= factor;
  }
  return text;
}

std::string print(Size size) {
  if (size.bytes == 0) return "0B";
  for (const Unit& unit : kSizes) {
    if (size.bytes % unit.factor == 0)
      return fmt::format("{}{}", size.bytes / unit.factor, unit.name);
  }
  return fmt::format("{}B", size.bytes);
}

std::string print(Rate rate) {
  const double amount = rate.per_second;
  if (rate.in_bytes && amount == std::floor(amount) && amount < 9e18) {
    return print(Size{static_cast<std::uint64_t>(amount)}) + "/s";
  }
  const std::string unit = rate.in_bytes ? "B" : "";
  if (amount != std::floor(amount) && amount * 60 == std::floor(amount * 60)) {
    return shortest(amount * 60) + unit + "/m";
  }
  if (amount != std::floor(amount) && amount * 3600 == std::floor(amount * 3600)) {
    return shortest(amount * 3600) + unit + "/h";
  }
  return shortest(amount) + unit + "/s";
}

std::string print(Ratio ratio) {
  const double percent = ratio.value * 100;
  if (percent == std::floor(percent)) return shortest(percent) + "%";
  return shortest(ratio.value);
}

}  // namespace pipeline
