#include "tests/support/loki_standin/store.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "tests/support/loki_standin/labels.h"
#include "tests/support/loki_standin/rules.h"

namespace loki_standin {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

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
