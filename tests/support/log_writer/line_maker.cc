#include "tests/support/log_writer/line_maker.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <iterator>

#include "tests/support/loki_standin/record_line.h"

namespace log_writer {
namespace {

constexpr std::array<std::string_view, 8> kServices{"checkout", "cart",   "payment", "search",
                                                    "login",    "orders", "mailer",  "gateway"};
constexpr std::array<std::string_view, 8> kMessages{
    "request served from the cache",      "upstream answered late, trying again",
    "connection kept for a known user",   "query planned with two index scans",
    "payment authorised by the provider", "connection returned to the pool",
    "configuration read and applied",     "message handed to the queue"};

// splitmix64: a well mixed number for each (seed, sequence), without state.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

bool is_marked(std::uint64_t sequence, std::uint64_t every) {
  return every != 0 && sequence % every == every - 1;
}

std::string_view level_of(std::uint64_t random) {
  const std::uint64_t percent = random % 100;
  if (percent < 70) return "info";
  if (percent < 85) return "debug";
  return percent < 95 ? "warn" : "error";
}

void append_time(std::int64_t time_ns, std::string& out) {
  // Breaking a second down is dear, and thousands of lines share one.
  thread_local std::time_t cached = -1;
  thread_local std::string text;
  const auto seconds = static_cast<std::time_t>(time_ns / 1'000'000'000);
  if (seconds != cached) {
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    cached = seconds;
  }
  out += text;
  fmt::format_to(std::back_inserter(out), ".{:09}Z", time_ns % 1'000'000'000);
}

void append_padding(std::uint64_t random, std::size_t until, std::string& out) {
  while (out.size() < until) {
    random = mix(random);
    const std::size_t left = until - out.size();
    fmt::format_to(std::back_inserter(out), "{:016x}", random);
    if (left < 16) out.resize(until);
  }
}

}  // namespace

void make_line(const LineStyle& style, std::string_view file, std::uint64_t sequence,
               std::int64_t time_ns, std::string& out) {
  const std::size_t start = out.size();
  const std::uint64_t random = mix(style.seed * 0x100000001B3ULL + sequence);
  const bool poison = is_marked(sequence, style.poison_every);
  const std::size_t bytes = is_marked(sequence, style.long_every) ? style.long_bytes : style.bytes;
  const bool json = style.mode == Mode::json;
  auto append = std::back_inserter(out);
  if (json) {
    out += "{\"ts\":\"";
    append_time(time_ns, out);
    fmt::format_to(
        append,
        "\",\"file\":\"{}\",\"seq\":{},\"level\":\"{}\",\"service\":\"{}\","
        "\"kind\":\"{}\",\"duration_ms\":{},\"trace_id\":\"{:016x}{:016x}\",\"msg\":\"{}",
        file, sequence, level_of(random), kServices[(random >> 8U) % 8],
        poison ? "poison" : "plain", random >> 54U, random, mix(random),
        kMessages[(random >> 16U) % 8]);
  } else {
    append_time(time_ns, out);
    fmt::format_to(append, " {} [{}] id={}:{} kind={} {}", level_of(random),
                   kServices[(random >> 8U) % 8], file, sequence, poison ? "poison" : "plain",
                   kMessages[(random >> 16U) % 8]);
  }
  if (poison) out += " " + style.poison_text;
  if (is_marked(sequence, style.invalid_utf8_every)) out += " \xff\xc3";
  if (is_marked(sequence, style.nul_every)) out.push_back('\0');
  out.push_back(' ');
  // The checksum and what closes the line take this many bytes, the newline included.
  const std::size_t tail = json ? std::string_view("\",\"sum\":\"01234567\"}\n").size()
                                : std::string_view(" sum=01234567\n").size();
  append_padding(random, start + (bytes > tail ? bytes - tail : 0), out);
  if (json) out.push_back('"');
  const std::uint32_t sum = loki_standin::crc32c(std::string_view(out).substr(start));
  if (json) {
    fmt::format_to(append, ",\"sum\":\"{:08x}\"}}\n", sum);
  } else {
    fmt::format_to(append, " sum={:08x}\n", sum);
  }
}

}  // namespace log_writer
