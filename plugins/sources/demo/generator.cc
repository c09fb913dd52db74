#include "plugins/sources/demo/generator.h"

#include <fmt/format.h>

#include <iterator>

namespace plugins::sources::demo {
namespace {

struct Route {
  std::string_view method;
  std::string_view path;
  std::string_view message;
};
constexpr std::array<Route, 8> kRoutes = {{
    {"GET", "/healthz", "health check passed"},
    {"GET", "/api/v1/orders", "listed orders"},
    {"POST", "/api/v1/orders", "order placed"},
    {"GET", "/api/v1/users", "user loaded"},
    {"PUT", "/api/v1/cart", "cart updated"},
    {"POST", "/login", "signed in"},
    {"GET", "/static/app.js", "served from cache"},
    {"DELETE", "/api/v1/session", "signed out"},
}};
constexpr std::array<std::string_view, 5> kServices = {"shop", "auth", "cart", "search", "mail"};
constexpr std::array<std::string_view, 4> kErrors = {
    "connection refused by database", "timeout waiting for payment provider",
    "cache entry could not be decoded", "too many open files"};

struct Text {
  std::array<char, 32> bytes;
  std::size_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
};

// RFC 3339 with milliseconds, UTC.
Text rfc3339(pipeline::UnixNanos when) {
  const std::int64_t ms = when / 1'000'000;
  std::int64_t days = ms / 86'400'000;
  const std::int64_t of_day = ms % 86'400'000;
  // Days since 0000-03-01, in eras of 400 years: Howard Hinnant's civil_from_days.
  days += 719'468;
  const std::int64_t era = days / 146'097;
  const std::int64_t day = days % 146'097;
  const std::int64_t year = (day - day / 1460 + day / 36'524 - day / 146'096) / 365;
  const std::int64_t of_year = day - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;
  const std::int64_t calendar_month = month < 10 ? month + 3 : month - 9;
  Text text;
  const auto end = fmt::format_to_n(
      text.bytes.data(), text.bytes.size(), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
      year + era * 400 + (calendar_month <= 2 ? 1 : 0), calendar_month,
      of_year - (153 * month + 2) / 5 + 1, of_day / 3'600'000, of_day / 60'000 % 60,
      of_day / 1000 % 60, of_day % 1000);
  text.size = end.size;
  return text;
}

}  // namespace

struct Generator::Event {
  Text time;
  std::uint64_t sequence = 0;
  std::string_view level;
  std::string_view service;
  Route route;
  std::string_view message;
  unsigned status = 200;
  std::uint32_t micros = 0;
  std::uint64_t trace_id = 0;
  std::uint32_t user = 0;
};

Generator::Generator(std::uint64_t seed, Format format) : state_(seed), format_(format) {}

// SplitMix64: any seed is a good one.
std::uint64_t Generator::random() noexcept {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::uint32_t Generator::below(std::uint32_t bound) noexcept {
  return static_cast<std::uint32_t>((random() >> 32) * bound >> 32);
}

void Generator::next(pipeline::UnixNanos now, std::string& into) {
  Event event;
  event.time = rfc3339(now);
  event.sequence = sequence_++;
  event.service = kServices[below(kServices.size())];
  event.route = kRoutes[below(kRoutes.size())];
  event.message = event.route.message;
  event.trace_id = random();
  event.user = below(10'000);
  // As services are: mostly quick and well, sometimes slow, seldom broken.
  const std::uint32_t luck = below(1000);
  event.micros = 200 + below(luck < 950 ? 20'000 : 2'000'000);
  event.level = luck < 300 ? "debug" : luck < 950 ? "info" : luck < 985 ? "warn" : "error";
  if (event.level == "warn") event.status = 404;
  if (event.level == "error") {
    event.status = 500 + below(4);
    event.message = kErrors[below(kErrors.size())];
  }
  Format format = format_;
  if (format == Format::mixed) {
    const std::uint32_t kind = below(100);
    format = kind < 60   ? Format::json
             : kind < 80 ? Format::logfmt
             : kind < 97 ? Format::plain
                         : Format::trace;
  }
  auto out = std::back_inserter(into);
  const Event& e = event;
  switch (format) {
    case Format::json:
      fmt::format_to(
          out,
          R"({{"ts":"{}","level":"{}","service":"{}","msg":"{}","seq":{},"method":"{}","path":"{}",)"
          R"("status":{},"duration_ms":{}.{:03},"user_id":{},"trace_id":"{:016x}"}})",
          e.time.view(), e.level, e.service, e.message, e.sequence, e.route.method, e.route.path,
          e.status, e.micros / 1000, e.micros % 1000, e.user, e.trace_id);
      break;
    case Format::logfmt:
      fmt::format_to(out,
                     R"(ts={} level={} service={} msg="{}" seq={} method={} path={} status={} )"
                     R"(duration={}us user_id={} trace_id={:016x})",
                     e.time.view(), e.level, e.service, e.message, e.sequence, e.route.method,
                     e.route.path, e.status, e.micros, e.user, e.trace_id);
      break;
    case Format::trace:
      fmt::format_to(out,
                     "{} ERROR [{}] {} (seq {})\n"
                     "java.lang.IllegalStateException: {}\n"
                     "\tat com.example.{}.Store.load(Store.java:{})\n"
                     "\tat com.example.{}.Service.handle(Service.java:{})\n"
                     "\tat com.example.http.Server.run(Server.java:{})",
                     e.time.view(), e.service, kErrors[e.user % kErrors.size()], e.sequence,
                     kErrors[e.user % kErrors.size()], e.service, 10 + e.user % 300, e.service,
                     20 + e.user % 90, 77);
      break;
    case Format::plain:
    case Format::mixed:
      fmt::format_to(out, "{} {:5} [{}] {} {} {} in {}us: {} (seq {}, user {})", e.time.view(),
                     e.level, e.service, e.route.method, e.route.path, e.status, e.micros, e.message,
                     e.sequence, e.user);
      break;
  }
}

}  // namespace plugins::sources::demo
