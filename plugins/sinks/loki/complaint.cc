#include "plugins/sinks/loki/complaint.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace plugins::sinks::loki {
namespace {

// Streams that are read from one answer: Loki itself prints ten.
constexpr std::size_t kStreamsMax = 64;

// The selector that starts at `at`, to its closing brace; braces within quotes do not count.
std::string_view selector_at(std::string_view text, std::size_t at) {
  bool is_quoted = false;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (is_quoted) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        is_quoted = false;
      }
    } else if (text[i] == '"') {
      is_quoted = true;
    } else if (text[i] == '}') {
      return text.substr(at, i + 1 - at);
    }
  }
  return {};
}

// Without the blanks between labels, which differ between versions.
std::string normal(std::string_view selector) {
  std::string out;
  bool is_quoted = false;
  for (std::size_t i = 0; i < selector.size(); ++i) {
    const char c = selector[i];
    if (c == '"') is_quoted = !is_quoted;
    if (is_quoted && c == '\\' && i + 1 < selector.size()) {
      out.push_back(c);
      out.push_back(selector[++i]);
      continue;
    }
    if (c == ' ' && !is_quoted) continue;
    out.push_back(c);
  }
  return out;
}

// RFC 3339 in UTC ("2024-01-02T03:04:05Z", a fraction may follow the seconds).
std::optional<pipeline::UnixNanos> time_at(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t size) -> std::optional<int> {
    int value = 0;
    if (at + size > text.size()) return std::nullopt;
    const char* end = text.data() + at + size;
    const auto [p, error] = std::from_chars(text.data() + at, end, value);
    if (error != std::errc() || p != end) return std::nullopt;
    return value;
  };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2),
             minute = number(14, 2), second = number(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
  std::size_t at = 19;
  std::int64_t nanos = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t scale = 100'000'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      nanos += (text[at] - '0') * scale;
  }
  if (at >= text.size() || text[at] != 'Z') return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(*year),
                            std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const auto since = sys_days(date).time_since_epoch() + hours(*hour) + minutes(*minute) +
                     seconds(*second) + nanoseconds(nanos);
  return duration_cast<nanoseconds>(since).count();
}

}  // namespace

bool Complaint::names(std::string_view labels) const {
  const std::string wanted = normal(labels);
  return std::any_of(streams.begin(), streams.end(),
                     [&](const std::string& stream) { return normal(stream) == wanted; });
}

bool Complaint::is_about(pipeline::UnixNanos time, std::uint64_t line_size) const {
  if (!older_than && !newer_than && !longer_than) return true;
  return (older_than && time < *older_than) || (newer_than && time >= *newer_than) ||
         (longer_than && line_size > *longer_than);
}

std::optional<Complaint> read_complaint(std::string_view message) {
  Complaint complaint;
  std::size_t mentions = 0;
  for (const std::string_view opening : {"stream '{", "stream: {", "labels '{"}) {
    for (std::size_t at = message.find(opening);
         at != std::string_view::npos && complaint.streams.size() < kStreamsMax;
         at = message.find(opening, at + 1)) {
      const std::string_view selector = selector_at(message, at + opening.size() - 1);
      if (selector.empty()) continue;
      ++mentions;
      if (std::find(complaint.streams.begin(), complaint.streams.end(), selector) ==
          complaint.streams.end()) {
        complaint.streams.emplace_back(selector);
      }
    }
  }
  if (complaint.streams.empty()) return std::nullopt;

  // Bounds narrow a stream down only if every complaint has one: else the stream as a whole may be
  // what is wrong. Of several bounds the widest counts, so that no culprit is missed.
  std::size_t bounds = 0;
  const auto each = [&](std::string_view opening, auto&& take) {
    for (std::size_t at = message.find(opening); at != std::string_view::npos;
         at = message.find(opening, at + opening.size())) {
      if (take(message.substr(at + opening.size()))) ++bounds;
    }
  };
  each("oldest acceptable timestamp is: ", [&](std::string_view rest) {
    const auto time = time_at(rest);
    if (time) complaint.older_than = std::max(complaint.older_than.value_or(*time), *time);
    return time.has_value();
  });
  each("timestamp too new: ", [&](std::string_view rest) {
    const auto time = time_at(rest);
    if (time) complaint.newer_than = std::min(complaint.newer_than.value_or(*time), *time);
    return time.has_value();
  });
  each("ax entry size '", [&](std::string_view rest) {  // "Max" or "max", by version
    std::uint64_t bytes = 0;
    const char* end = rest.data() + rest.size();
    const auto [p, error] = std::from_chars(rest.data(), end, bytes);
    if (error != std::errc() || p == end || *p != '\'') return false;
    complaint.longer_than = std::min(complaint.longer_than.value_or(bytes), bytes);
    return true;
  });
  if (bounds < mentions) {
    complaint.older_than.reset();
    complaint.newer_than.reset();
    complaint.longer_than.reset();
  }
  return complaint;
}

}  // namespace plugins::sinks::loki
