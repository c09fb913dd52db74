#include "pipeline/expr/convert.h"

#include <arpa/inet.h>

#include <chrono>
#include <cstring>

namespace pipeline::expr {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kDurations[] = {
    {"ns", 1},  {"us", 1e3}, {"\xC2\xB5s", 1e3}, {"\xCE\xBCs", 1e3}, {"ms", 1e6},
    {"s", 1e9}, {"m", 60e9}, {"h", 3600e9},      {"d", 86400e9},     {"w", 604800e9}};
constexpr Unit kSizes[] = {{"B", 1},
                           {"kB", 1e3},
                           {"KB", 1e3},
                           {"MB", 1e6},
                           {"GB", 1e9},
                           {"TB", 1e12},
                           {"KiB", 1024},
                           {"MiB", 1024.0 * 1024},
                           {"GiB", 1024.0 * 1024 * 1024},
                           {"TiB", 1024.0 * 1024 * 1024 * 1024}};

template <std::size_t N>
double factor_of(const Unit (&units)[N], std::string_view name) noexcept {
  for (const Unit& unit : units)
    if (unit.name == name) return unit.factor;
  return 0;
}

// Digits with a fraction, no sign and no exponent, off the front of `text`.
std::optional<double> take_decimal(std::string_view& text) noexcept {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// Letters (and the bytes of µ) off the front of `text`.
std::string_view take_unit(std::string_view& text) noexcept {
  std::size_t size = 0;
  while (size < text.size() && !is_digit(text[size]) && text[size] != ' ') ++size;
  const std::string_view unit = text.substr(0, size);
  text.remove_prefix(size);
  return unit;
}

std::optional<int> take_digits(std::string_view& text, std::size_t count) noexcept {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) noexcept {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// `Z`, `+01:00`, `-0330`: seconds east of UTC.
std::optional<int> take_zone(std::string_view& text) noexcept {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int seconds = *hours * 3600 + *minutes * 60;
  return west ? -seconds : seconds;
}

}  // namespace

std::optional<Number> parse_other_number(std::string_view text) noexcept {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  // from_chars would also read "inf" and "nan".
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.')) return std::nullopt;
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto read = std::from_chars(text.data(), end, integer);
      read.ec == std::errc() && read.ptr == end)
    return Number::of(integer);
  double real = 0;
  const auto read = std::from_chars(text.data(), end, real);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return Number{real, 0, false};
}

std::optional<double> parse_duration_value(std::string_view text) noexcept {
  if (text == "0") return 0;
  const bool negative = take(text, '-');
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto amount = take_decimal(text);
    if (!amount) return std::nullopt;
    take(text, ' ');
    const double factor = factor_of(kDurations, take_unit(text));
    if (factor == 0) return std::nullopt;
    total += *amount * factor;
  }
  return negative ? -total : total;
}

std::optional<double> parse_size_value(std::string_view text) noexcept {
  const bool negative = take(text, '-');
  const auto amount = take_decimal(text);
  if (!amount) return std::nullopt;
  double factor = 1;
  if (!text.empty()) {
    take(text, ' ');
    factor = factor_of(kSizes, text);
    if (factor == 0) return std::nullopt;
  }
  return negative ? -*amount * factor : *amount * factor;
}

std::optional<UnixNanos> parse_time_value(std::string_view text) noexcept {
  using namespace std::chrono;
  const auto year_number = take_digits(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_digits(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_digits(text, 2);
  if (!day_number || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  std::int64_t fraction = 0;
  if (take(text, '.')) {
    std::int64_t unit = 100'000'000;
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), unit /= 10)
      fraction += (text.front() - '0') * unit;
  }
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;

  const year_month_day date{year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number))};
  // Nanoseconds in 64 bits end in 2262.
  if (!date.ok() || *year_number < 1678 || *year_number > 2261 || *hour > 23 || *minute > 59 ||
      *second > 60)
    return std::nullopt;
  const std::int64_t whole = sys_days(date).time_since_epoch().count() * std::int64_t{86400} +
                             *hour * 3600 + *minute * 60 + *second - *zone;
  return whole * 1'000'000'000 + fraction;
}

std::optional<Address> parse_address(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos && text.find('.') < colon) {
    text = text.substr(0, colon);
  }
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof terminated) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  Address address{};
  if (text.find(':') != std::string_view::npos) {
    if (::inet_pton(AF_INET6, terminated, address.data()) != 1) return std::nullopt;
    return address;
  }
  address[10] = address[11] = 0xFF;
  if (::inet_pton(AF_INET, terminated, address.data() + 12) != 1) return std::nullopt;
  return address;
}

bool Network::contains(const Address& other) const noexcept {
  const auto bytes = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(address.data(), other.data(), bytes) != 0) return false;
  if (bits % 8 == 0) return true;
  const int mask = 0xFF << (8 - bits % 8);
  return ((address[bytes] ^ other[bytes]) & mask) == 0;
}

std::optional<Network> parse_network(std::string_view text) noexcept {
  Network network;
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = parse_address(host);
  if (!address) return std::nullopt;
  network.address = *address;
  if (slash == std::string_view::npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const int most = host.find(':') == std::string_view::npos ? 32 : 128;
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || bits < 0 ||
      bits > most)
    return std::nullopt;
  network.bits = 128 - most + bits;
  return network;
}

}  // namespace pipeline::expr
