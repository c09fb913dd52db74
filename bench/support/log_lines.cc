#include "bench/support/log_lines.h"

#include <ctime>
#include <iterator>

namespace bench {
namespace {

constexpr const char* kServices[] = {"checkout", "cart",   "catalog", "payments", "shipping",
                                     "accounts", "search", "gateway", "mailer"};
constexpr const char* kMethods[] = {"GET", "GET", "GET", "POST", "PUT", "DELETE"};
constexpr const char* kPaths[] = {"/api/v1/orders/", "/api/v1/carts/", "/api/v2/products/",
                                  "/internal/jobs/", "/api/v1/users/"};
constexpr const char* kMessages[] = {
    "request served",         "cache miss, reading from the database",
    "connection pool reused", "order state changed from pending to paid",
    "upstream took too long", "retrying after a temporary failure",
    "session refreshed",      "user's \\\"express\\\" basket priced"};
constexpr int kStatus[] = {200, 200, 200, 200, 201, 204, 302, 400, 404, 500};

void append_padded(std::string& out, std::uint64_t value, int digits) {
  char text[20];
  for (int i = digits - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(text, static_cast<std::size_t>(digits));
}

}  // namespace

LogLines::LogLines(std::uint64_t seed, std::int64_t start_ns)
    : state_{seed * 0x9E3779B97F4A7C15ULL + 1, seed ^ 0xD1B54A32D192ED03ULL}, time_ns_(start_ns) {}

// xorshift128+: any generator would do, but the same on every machine.
std::uint64_t LogLines::next() {
  std::uint64_t a = state_[0];
  const std::uint64_t b = state_[1];
  state_[0] = b;
  a ^= a << 23;
  state_[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
  return state_[1] + b;
}

void LogLines::append(std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  time_ns_ += static_cast<std::int64_t>(1'000 + below(40'000));
  const std::time_t seconds = time_ns_ / 1'000'000'000;
  std::tm when{};
  gmtime_r(&seconds, &when);
  char date[32];
  const std::size_t size = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S.", &when);
  const std::uint64_t roll = below(100);
  const char* level = roll < 70 ? "info" : roll < 90 ? "debug" : roll < 97 ? "warn" : "error";

  out += R"({"ts":")";
  out.append(date, size);
  append_padded(out, static_cast<std::uint64_t>(time_ns_ % 1'000'000'000), 9);
  out += R"(Z","level":")";
  out += level;
  out += R"(","msg":")";
  out += kMessages[below(std::size(kMessages))];
  out += R"(","service":")";
  out += kServices[below(std::size(kServices))];
  out += R"(","trace_id":")";
  const std::uint64_t id[] = {next(), next()};
  for (const std::uint64_t half : id)
    for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kHex[(half >> shift) & 15]);
  out += R"(","status":)";
  out += std::to_string(kStatus[below(std::size(kStatus))]);
  out += R"(,"duration_ms":)";
  out += std::to_string(below(900));
  out.push_back('.');
  append_padded(out, below(1000), 3);
  out += R"(,"method":")";
  out += kMethods[below(std::size(kMethods))];
  out += R"(","path":")";
  out += kPaths[below(std::size(kPaths))];
  out += std::to_string(below(1'000'000));
  out += R"(","user":"u)";
  append_padded(out, below(100'000), 6);
  out += R"(","host":"web-)";
  append_padded(out, below(20), 2);
  out += "\"}\n";
}

}  // namespace bench
