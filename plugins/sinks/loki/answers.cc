#include "plugins/sinks/loki/answers.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>

namespace plugins::sinks::loki {

using pipeline::Classification;
using pipeline::Milliseconds;
using pipeline::Response;
using pipeline::Verdict;

namespace {

// Longer pauses than a peer may ask for would look like an outage.
constexpr Milliseconds kRetryAfterMax = std::chrono::minutes(5);
// Of a peer's message, in the log.
constexpr std::size_t kMessageMax = 512;

struct Row {
  int first;
  int last;
  Verdict verdict;
  std::string_view meaning;
};

// The first row that holds decides. Only 200 and 204 mean that Loki has the records: 260 is what it
// answers (a 2xx, so that clients do not retry) while it throws a tenant's data away on purpose.
constexpr Row kTable[] = {
    {200, 200, Verdict::delivered, ""},
    {204, 204, Verdict::delivered, ""},
    {260, 260, Verdict::blocked, "ingestion is blocked for this tenant"},
    // Something else between us and Loki; it may have been a passing mistake.
    {201, 299, Verdict::retry, "not an answer of Loki's push API"},
    // A redirected POST loses its body in most clients, so the address has to be corrected.
    {300, 399, Verdict::alarm, "a redirect: set `url` to the address it leads to"},
    {400, 400, Verdict::bisect, "some records are invalid"},
    {401, 401, Verdict::alarm, "not authenticated: check `auth`"},
    {403, 403, Verdict::alarm, "not allowed: check `auth` and `tenant`"},
    {404, 404, Verdict::alarm, "no push API there: check `url`"},
    {405, 405, Verdict::alarm, "no push API there: check `url`"},
    {407, 407, Verdict::alarm, "the proxy wants credentials: check `proxy`"},
    {408, 408, Verdict::retry, "the receiver waited too long for the request"},
    {413, 413, Verdict::split, "the request is too large"},
    {415, 415, Verdict::alarm, "the receiver does not take protobuf with snappy"},
    {422, 422, Verdict::bisect, "some records are invalid"},
    {425, 425, Verdict::retry, "too early"},
    {429, 429, Verdict::retry, "rate limit"},
    {400, 499, Verdict::alarm, "refused"},
    {500, 599, Verdict::retry, "the receiver is failing"},
};

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= text.size(); ++at)
    if (equals_ignoring_case(text.substr(at, word.size()), word)) return true;
  return false;
}

// A missing tenant comes as 400 or 401, by version; it is nothing that dividing could cure.
bool is_about_tenant(std::string_view body) {
  for (const std::string_view words : {"no org id", "no tenant id", "X-Scope-OrgID",
                                       "multiple org ids", "tenant ID is", "tenant ID contains"}) {
    if (contains_ignoring_case(body, words)) return true;
  }
  return false;
}

std::string one_line(std::string_view body) {
  std::string line;
  for (const char c : body.substr(0, std::min(body.size(), kMessageMax))) {
    if (c == '\n' || c == '\r' || c == '\t') {
      if (!line.empty() && line.back() != ' ') line.push_back(' ');
    } else {
      line.push_back(c);
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (body.size() > kMessageMax) line += "...";
  return line;
}

}  // namespace

std::optional<Milliseconds> retry_after(std::string_view value, pipeline::UnixNanos now) {
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  std::int64_t seconds = 0;
  const char* end = value.data() + value.size();
  const auto [p, error] = std::from_chars(value.data(), end, seconds);
  if (error == std::errc::result_out_of_range && p == end) return kRetryAfterMax;
  if (error == std::errc() && p == end) {
    if (seconds < 0) return std::nullopt;
    return std::min(kRetryAfterMax, Milliseconds(std::min<std::int64_t>(seconds, 86'400) * 1000));
  }
  // RFC 9110's preferred form; the two obsolete ones are not worth it.
  struct tm parts{};
  const std::string text(value);
  const char* rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const std::int64_t when = ::timegm(&parts);
  const std::int64_t wait = std::clamp<std::int64_t>(when - now / 1'000'000'000, 0, 86'400);
  return std::min(kRetryAfterMax, Milliseconds(wait * 1000));
}

pipeline::Classification classify(const Response& response, pipeline::UnixNanos now) {
  Classification said;
  std::string_view meaning = "not an HTTP status";
  said.verdict = Verdict::retry;
  for (const Row& row : kTable) {
    if (response.status < row.first || response.status > row.last) continue;
    said.verdict = row.verdict;
    meaning = row.meaning;
    break;
  }
  if (said.verdict == Verdict::delivered) return said;
  if (said.verdict == Verdict::bisect && is_about_tenant(response.body)) {
    said.verdict = Verdict::alarm;
    meaning = "the tenant is missing or wrong: check `tenant`";
  }
  if (said.verdict == Verdict::retry) {
    for (const auto& [name, value] : response.headers)
      if (equals_ignoring_case(name, "Retry-After")) said.retry_after = retry_after(value, now);
  }
  const std::string body = one_line(response.body);
  said.message = body.empty() ? fmt::format("{} ({})", response.status, meaning)
                              : fmt::format("{} ({}): {}", response.status, meaning, body);
  return said;
}

}  // namespace plugins::sinks::loki
