#include "tests/support/loki_standin/rules.h"

#include <fmt/format.h>

#include <ctime>

#include "tests/support/loki_standin/labels.h"

namespace loki_standin {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

std::string rfc3339(std::int64_t ns) {
  const std::int64_t floor = ns >= 0 ? ns / kNanosPerSecond : -((-ns - 1) / kNanosPerSecond) - 1;
  const std::time_t seconds = static_cast<std::time_t>(floor);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ns - floor * kNanosPerSecond);
}

}  // namespace

// Loki sorts the labels of a push itself. An agent that leaves them unsorted sends one stream under
// several names, so the stand-in refuses what Loki would forgive.
Refusal refuse_labels(const std::string& text, const Limits& limits) {
  if (!is_valid_utf8(text)) {
    return {"invalid_labels",
            fmt::format("error parsing labels '{}' with error: invalid UTF-8", text)};
  }
  const auto labels = parse_labels(text);
  if (!labels) {
    return {"invalid_labels",
            fmt::format("error parsing labels '{}' with error: {}", text, labels.error())};
  }
  if (labels->empty()) {
    return {"missing_labels", "error at least one label pair is required per stream"};
  }
  if (labels->size() > limits.label_names_max) {
    return {"max_label_names_per_series",
            fmt::format("entry for stream '{}' has {} label names; limit {}", text, labels->size(),
                        limits.label_names_max)};
  }
  const Label* last = nullptr;
  for (const Label& label : *labels) {
    if (label.name.size() > limits.label_name_bytes_max) {
      return {"label_name_too_long",
              fmt::format("stream '{}' has label name too long: '{}'", text, label.name)};
    }
    if (label.value.size() > limits.label_value_bytes_max) {
      return {"label_value_too_long",
              fmt::format("stream '{}' has label value too long: '{}'", text, label.value)};
    }
    if (!is_valid_utf8(label.value)) {
      return {"invalid_labels",
              fmt::format("error parsing labels '{}' with error: invalid UTF-8", text)};
    }
    if (last != nullptr && last->name == label.name) {
      return {"duplicate_label_names",
              fmt::format("stream '{}' has duplicate label name: '{}'", text, label.name)};
    }
    if (last != nullptr && last->name > label.name) {
      return {"unsorted_labels",
              fmt::format("stream '{}' has unsorted label names: '{}' after '{}'", text, label.name,
                          last->name)};
    }
    last = &label;
  }
  return {};
}

Refusal refuse_entry(const std::string& labels, const wire::Entry& entry, std::int64_t time_ns,
                     std::int64_t newest_ns, std::int64_t now_ns, const Limits& limits,
                     const Policy& policy) {
  const std::string& line = entry.line();
  if (line.size() > limits.line_bytes_max) {
    return {"line_too_long", fmt::format("max entry size '{}' bytes exceeded for stream '{}' while "
                                         "adding an entry with length '{}' bytes",
                                         limits.line_bytes_max, labels, line.size())};
  }
  std::size_t metadata_bytes = 0;
  for (const wire::LabelPair& pair : entry.structured_metadata()) {
    metadata_bytes += pair.name().size() + pair.value().size();
    if (pair.name().empty() || !is_valid_utf8(pair.name()) || !is_valid_utf8(pair.value())) {
      return {"invalid_structured_metadata",
              fmt::format("stream '{}' has invalid structured metadata", labels)};
    }
  }
  if (metadata_bytes > limits.metadata_bytes_max) {
    return {"structured_metadata_too_large",
            fmt::format("stream '{}' has structured metadata too large: '{}' bytes, limit: '{}' "
                        "bytes. Please see `limits_config.max_structured_metadata_size` or contact "
                        "your Loki administrator to increase it.",
                        labels, metadata_bytes, limits.metadata_bytes_max)};
  }
  if (static_cast<std::size_t>(entry.structured_metadata_size()) > limits.metadata_entries_max) {
    return {"structured_metadata_too_many",
            fmt::format("stream '{}' has too many structured metadata labels: '{}', limit: '{}'. "
                        "Please see `limits_config.max_structured_metadata_entries_count` or "
                        "contact your Loki administrator to increase it.",
                        labels, entry.structured_metadata_size(), limits.metadata_entries_max)};
  }
  if (limits.age_max.count() != 0 && time_ns < now_ns - limits.age_max.count()) {
    return {"greater_than_max_sample_age",
            fmt::format("entry for stream '{}' has timestamp too old: {}, oldest acceptable "
                        "timestamp is: {}",
                        labels, rfc3339(time_ns), rfc3339(now_ns - limits.age_max.count()))};
  }
  if (limits.future_max.count() != 0 && time_ns > now_ns + limits.future_max.count()) {
    return {"too_far_in_future", fmt::format("entry for stream '{}' has timestamp too new: {}",
                                             labels, rfc3339(time_ns))};
  }
  if (limits.behind_max.count() != 0 && newest_ns != 0 &&
      time_ns < newest_ns - limits.behind_max.count()) {
    return {"too_far_behind",
            fmt::format("entry with timestamp {} ignored, reason: 'entry too far behind, entry "
                        "timestamp is: {}, oldest acceptable timestamp is: {}'",
                        rfc3339(time_ns), rfc3339(time_ns),
                        rfc3339(newest_ns - limits.behind_max.count()))};
  }
  if (!policy.poison.empty() && line.find(policy.poison) != std::string::npos) {
    return {"poison", fmt::format("entry with timestamp {} ignored, reason: 'forbidden content'",
                                  rfc3339(time_ns))};
  }
  return {};
}

}  // namespace loki_standin
