#include "tests/support/loki_standin/store.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
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

std::uint64_t digest(const wire::Stream& stream, const wire::Entry& entry, std::int64_t time_ns) {
  std::uint64_t seed = XXH3_64bits(stream.labels().data(), stream.labels().size());
  seed = XXH3_64bits_withSeed(&time_ns, sizeof(time_ns), seed);
  for (const wire::LabelPair& pair : entry.structured_metadata()) {
    seed = XXH3_64bits_withSeed(pair.name().data(), pair.name().size(), seed);
    seed = XXH3_64bits_withSeed(pair.value().data(), pair.value().size(), seed + 1);
  }
  return XXH3_64bits_withSeed(entry.line().data(), entry.line().size(), seed);
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
}

// A refusal of all entries of a stream or of one entry: Loki's name for it, and its sentence.
struct Refusal {
  std::string reason;
  std::string message;
};

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

std::int64_t time_of(const wire::Entry& entry) {
  return entry.timestamp().seconds() * kNanosPerSecond + entry.timestamp().nanos();
}

}  // namespace

// What came of looking at a whole request before anything is stored.
struct Store::Judgement {
  std::vector<std::uint8_t> valid;  // by entry, in the order of the request
  std::uint64_t refused = 0;
  std::string message;  // the last one, as Loki answers
};

Store::~Store() {
  if (accepted_ != nullptr) (void)std::fclose(accepted_);
}

bool Store::keep_accepted_in(const std::string& path) {
  accepted_ = std::fopen(path.c_str(), "we");
  return accepted_ != nullptr;
}

void Store::judge_stream(const wire::Stream& stream, Tenant& tenant, const std::string& tenant_name,
                         std::int64_t now_ns, Judgement& out) const {
  const std::size_t entries = static_cast<std::size_t>(stream.entries_size());
  if (entries == 0) return;
  const std::string& labels = stream.labels();
  const auto known = tenant.streams.find(labels);
  if (known == tenant.streams.end()) {
    if (Refusal refusal = refuse_labels(labels, limits_); !refusal.reason.empty()) {
      tenant.refused[refusal.reason] += entries;
      out.message = std::move(refusal.message);
      out.refused += entries;
      out.valid.insert(out.valid.end(), entries, 0);
      return;
    }
  }
  std::int64_t newest = known == tenant.streams.end() ? 0 : known->second.newest_ns;
  std::size_t refused_here = 0;
  std::string message;
  for (const wire::Entry& entry : stream.entries()) {
    const std::int64_t time_ns = time_of(entry);
    Refusal refusal = refuse_entry(labels, entry, time_ns, newest, now_ns, limits_, policy_);
    const bool valid = refusal.reason.empty();
    out.valid.push_back(valid ? 1 : 0);
    if (valid) {
      newest = std::max(newest, time_ns);
    } else {
      ++tenant.refused[refusal.reason];
      ++refused_here;
      message = std::move(refusal.message);
    }
  }
  if (refused_here == 0) return;
  out.refused += refused_here;
  out.message = message.starts_with("entry with timestamp")
                    ? fmt::format("{},\nuser '{}', total ignored: {} out of {} for stream: {}",
                                  message, tenant_name, refused_here, entries, labels)
                    : std::move(message);
}

void Store::store_entry(const wire::Stream& stream, const wire::Entry& entry, std::int64_t time_ns,
                        Tenant& tenant, const std::string& tenant_name) {
  const std::string& line = entry.line();
  auto at = tenant.streams.find(stream.labels());
  if (at == tenant.streams.end()) {
    at = tenant.streams.emplace(stream.labels(), Tenant::Stream{}).first;
    at->second.number = static_cast<std::uint32_t>(tenant.streams.size());
  }
  Tenant::Stream& into = at->second;
  into.newest_ns = std::max(into.newest_ns, time_ns);
  ++tenant.entries;
  tenant.line_bytes += line.size();
  if (!is_valid_utf8(line)) ++tenant.invalid_utf8_lines;
  if (line.find('\0') != std::string::npos) ++tenant.nul_lines;
  const std::uint64_t entry_digest = digest(stream, entry, time_ns);
  bool equal = false;
  if (const auto id = find_record_id(line)) {
    equal = tenant.ledger.arrive(*id, entry_digest, into.number) == Arrival::identical;
  } else {
    tenant.ledger.arrive_unidentified();
    equal = tenant.recent.contains(entry_digest) || tenant.previous.contains(entry_digest);
    if (equal) ++tenant.equal;
    tenant.recent.insert(entry_digest);
    if (tenant.recent.size() > kRecentMax / 2) {
      tenant.previous = std::move(tenant.recent);
      tenant.recent.clear();
    }
  }
  ++(equal ? into.equal : into.entries);
  if (accepted_ == nullptr || equal) return;
  std::string out = fmt::format("{}\t{}\t", time_ns, tenant_name);
  append_escaped(out, stream.labels());
  out.push_back('\t');
  for (const wire::LabelPair& pair : entry.structured_metadata()) {
    if (out.back() != '\t') out.push_back(' ');
    append_escaped(out, pair.name());
    out.push_back('=');
    append_escaped(out, pair.value());
  }
  out.push_back('\t');
  append_escaped(out, line);
  out.push_back('\n');
  (void)std::fwrite(out.data(), 1, out.size(), accepted_);
}

PushAnswer Store::push(const std::string& tenant_name, const wire::PushRequest& request,
                       std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (!policy_.require_tenant.empty() && tenant_name != policy_.require_tenant) {
    return {policy_.tenant_status, "no org id", 0, 0};
  }
  Tenant& tenant = tenants_[tenant_name];
  Judgement judgement;
  for (const wire::Stream& stream : request.streams()) {
    judge_stream(stream, tenant, tenant_name, now_ns, judgement);
  }
  PushAnswer answer;
  if (judgement.valid.empty()) {
    ++tenant.refused["missing_streams"];
    return {422, "error at least one valid stream is required for ingestion", 0, 0};
  }
  if (judgement.refused != 0) {
    answer.status = 400;
    answer.message = std::move(judgement.message);
    answer.refused = judgement.refused;
    if (!policy_.partial) return answer;
  }
  std::size_t index = 0;
  for (const wire::Stream& stream : request.streams()) {
    for (const wire::Entry& entry : stream.entries()) {
      if (judgement.valid[index++] == 0) continue;
      ++answer.stored;
      store_entry(stream, entry, time_of(entry), tenant, tenant_name);
    }
  }
  return answer;
}

void Store::reset() {
  const std::lock_guard lock(mutex_);
  tenants_.clear();
}

Policy Store::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

void Store::set_policy(const Policy& policy) {
  const std::lock_guard lock(mutex_);
  policy_ = policy;
}

}  // namespace loki_standin
