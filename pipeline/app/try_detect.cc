#include "pipeline/app/try_detect.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "pipeline/codec/json.h"
#include "pipeline/codec/time_parse.h"

namespace pipeline {
namespace {

// A share of the lines that makes a format that of the file: a few odd lines are usual.
constexpr std::size_t kMostPercent = 80;
// Distinct values that are remembered of a field; with more it is no label anyway.
constexpr std::size_t kMaxDistinct = 64;
// A label should have few values: each makes a stream.
constexpr std::size_t kMaxLabelValues = 16;
constexpr std::size_t kMaxLabelLength = 40;
// Fields that are looked at, so that keys made of data cost nothing.
constexpr std::size_t kMaxFields = 256;

constexpr auto kTimeNames = std::to_array<std::string_view>(
    {"ts", "time", "timestamp", "@timestamp", "t", "datetime", "date", "eventTime", "event_time",
     "asctime", "created_at", "start_time", "@t", "Timestamp", "Time", "logged_at"});
constexpr auto kTimeFormats = std::to_array<std::string_view>(
    {"rfc3339", "unix", "unix_ms", "unix_us", "unix_ns", "%Y/%m/%d %H:%M:%E*S",
     "%d/%b/%Y:%H:%M:%S %z", "%Y-%m-%d %H:%M:%E*S %Z", "%a, %d %b %Y %H:%M:%S %Z",
     "%a %b %e %H:%M:%S %Y", "%b %e %H:%M:%S"});
constexpr auto kLevelNames = std::to_array<std::string_view>(
    {"level", "severity", "lvl", "log_level", "loglevel", "levelname", "log.level", "Level",
     "error_severity", "priority", "@l", "level_name"});
constexpr auto kLabelNames = std::to_array<std::string_view>(
    {"service", "service_name", "service.name", "app", "application", "component", "env",
     "environment", "namespace", "cluster", "region", "job"});
constexpr auto kIdentityNames =
    std::to_array<std::string_view>({"trace_id", "traceId", "traceID", "trace.id", "request_id",
                                     "requestId", "span_id", "correlation_id"});

struct Seen {
  std::string name;
  std::size_t count = 0;
  std::size_t texts = 0;  // values that are neither numbers nor objects
  bool is_long = false;   // some value is too long for a label
  std::set<std::string, std::less<>> values;
  std::vector<std::string> samples;  // the first ones, for times
};

class Survey {
 public:
  void add(std::string_view name, std::string_view value, bool is_text) {
    Seen* seen = find(name);
    if (seen == nullptr) return;
    ++seen->count;
    seen->texts += is_text ? 1 : 0;
    seen->is_long = seen->is_long || value.size() > kMaxLabelLength;
    if (seen->values.size() < kMaxDistinct && !seen->values.contains(value))
      seen->values.emplace(value.substr(0, kMaxLabelLength));
    if (seen->samples.size() < kMaxDistinct) seen->samples.emplace_back(value);
  }

  // The most frequent first, then as they appeared.
  std::vector<const Seen*> by_frequency() const {
    std::vector<const Seen*> all;
    for (const Seen& seen : fields_) all.push_back(&seen);
    std::ranges::stable_sort(all, std::ranges::greater(), &Seen::count);
    return all;
  }
  const Seen* known(std::string_view name) const {
    const auto at = index_.find(name);
    return at == index_.end() ? nullptr : &fields_[at->second];
  }

 private:
  Seen* find(std::string_view name) {
    if (const auto at = index_.find(name); at != index_.end()) return &fields_[at->second];
    if (fields_.size() >= kMaxFields || name.empty()) return nullptr;
    index_.emplace(name, fields_.size());
    fields_.push_back(Seen{.name = std::string(name)});
    return &fields_.back();
  }
  std::vector<Seen> fields_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

bool is_most(std::size_t part, std::size_t whole) {
  return whole > 0 && part * 100 >= whole * kMostPercent;
}

// Unix times are numbers that other numbers look like: only years 2000 to 2100 count.
bool is_plausible(UnixNanos ns) {
  constexpr UnixNanos kSecond = 1'000'000'000;
  return ns > 946'684'800 * kSecond && ns < 4'102'444'800 * kSecond;
}

// The first format that reads nearly all samples.
std::optional<std::string_view> time_format_of(const Seen& seen, UnixNanos now) {
  for (const std::string_view format : kTimeFormats) {
    const Result<TimeFormat> compiled = TimeFormat::compile(format);
    if (!compiled) continue;
    std::size_t parsed = 0;
    for (const std::string& sample : seen.samples) {
      const auto time = compiled->parse(sample, now);
      if (time && is_plausible(time->ns)) ++parsed;
    }
    if (is_most(parsed, seen.samples.size())) return format;
  }
  return std::nullopt;
}

void guess_time(const Survey& survey, UnixNanos now, Detected& out) {
  std::vector<const Seen*> order;
  for (const std::string_view name : kTimeNames)
    if (const Seen* seen = survey.known(name)) order.push_back(seen);
  for (const Seen* seen : survey.by_frequency())
    if (seen->texts > 0) order.push_back(seen);  // a number without such a name is no time
  for (const Seen* seen : order) {
    if (!is_most(seen->count, out.matched)) continue;
    if (const auto format = time_format_of(*seen, now)) {
      out.time_field = seen->name;
      out.time_format = *format;
      out.times = seen->count;
      return;
    }
  }
}

bool makes_label(const Seen& seen) {
  return !seen.is_long && seen.values.size() <= kMaxLabelValues && seen.texts == seen.count;
}

void guess_labels(const Survey& survey, Detected& out) {
  for (const std::string_view name : kLevelNames) {
    const Seen* seen = survey.known(name);
    if (seen == nullptr || seen->is_long || seen->values.size() > kMaxLabelValues) continue;
    out.level_field = name;
    out.level_values.assign(seen->values.begin(), seen->values.end());
    out.labels.emplace_back(name);
    break;
  }
  for (const std::string_view name : kLabelNames) {
    const Seen* seen = survey.known(name);
    if (seen != nullptr && makes_label(*seen)) out.labels.emplace_back(name);
  }
  for (const std::string_view name : kIdentityNames) {
    const Seen* seen = survey.known(name);
    if (seen != nullptr) out.identities.emplace_back(name);
  }
  for (const Seen* seen : survey.by_frequency()) {
    // Few values in few lines say nothing.
    if (!makes_label(*seen) || seen->count < 4 * seen->values.size()) continue;
    if (std::ranges::find(out.labels, seen->name) != out.labels.end()) continue;
    if (seen->name == out.time_field) continue;
    out.candidates.push_back(seen->name);
  }
}

bool add_json(std::string_view line, JsonExtractor& extractor, Survey& survey, Arena& arena) {
  std::vector<JsonMember> members;
  if (extractor.extract_all(line, {}, members, arena) != JsonFault::none) return false;
  for (const JsonMember& member : members)
    if (member.value.has_text() && member.value.type() != ValueType::json)
      survey.add(member.key, member.value.text(), member.value.type() == ValueType::string);
  return true;
}

bool is_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '@' || c == '/';
  });
}

}  // namespace

std::string_view name_of(LineFormat format) noexcept {
  switch (format) {
    case LineFormat::json:
      return "JSON";
    case LineFormat::logfmt:
      return "logfmt";
    case LineFormat::plain:
      break;
  }
  return "plain text";
}

bool read_logfmt(std::string_view line,
                 std::vector<std::pair<std::string_view, std::string_view>>& fields) {
  fields.clear();
  std::size_t strays = 0;
  while (!line.empty()) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.empty()) break;
    const std::size_t stop = std::min(line.find_first_of(" ="), line.size());
    const std::string_view key = line.substr(0, stop);
    line.remove_prefix(stop);
    if (!line.starts_with('=') || !is_key(key)) {
      ++strays;
      if (line.starts_with('=')) line.remove_prefix(1);
      continue;
    }
    line.remove_prefix(1);
    std::string_view value;
    if (line.starts_with('"')) {
      std::size_t end = 1;
      while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
      end = std::min(end, line.size());
      value = line.substr(1, end - 1);
      line.remove_prefix(std::min(end + 1, line.size()));
    } else {
      value = line.substr(0, line.find(' '));
      line.remove_prefix(value.size());
    }
    fields.emplace_back(key, value);
  }
  return fields.size() >= 2 && strays <= fields.size() / 4;
}

Detected detect(std::span<const std::string_view> lines, UnixNanos now) {
  lines = lines.first(std::min(lines.size(), kMaxDetectedLines));
  Survey json, logfmt;
  std::size_t json_lines = 0, logfmt_lines = 0;
  Arena arena;
  JsonExtractor extractor({}, JsonCheck::structure);
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  for (const std::string_view line : lines) {
    if (add_json(line, extractor, json, arena)) {
      ++json_lines;
    } else if (read_logfmt(line, fields)) {
      ++logfmt_lines;
      for (const auto& [key, value] : fields) logfmt.add(key, value, true);
    }
  }
  Detected out;
  out.lines = lines.size();
  // JSON with odd lines between (a stack trace, a banner) is JSON all the same.
  if (2 * json_lines >= lines.size()) {
    out.format = LineFormat::json;
    out.matched = json_lines;
  } else if (is_most(logfmt_lines, lines.size())) {
    out.format = LineFormat::logfmt;
    out.matched = logfmt_lines;
  } else {
    out.matched = lines.size();
    return out;
  }
  const Survey& survey = out.format == LineFormat::json ? json : logfmt;
  for (const Seen* seen : survey.by_frequency()) out.fields.push_back(seen->name);
  guess_time(survey, now, out);
  guess_labels(survey, out);
  return out;
}

}  // namespace pipeline
