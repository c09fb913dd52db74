#include "tests/support/loki_standin/record_ledger.h"

#include <fmt/format.h>

#include <algorithm>

namespace loki_standin {
namespace {
constexpr std::size_t kRangesMax = 20;
}

RecordLedger::Producer& RecordLedger::producer(std::string_view file) {
  if (last_ != nullptr && last_file_ == file) return *last_;
  auto at = producers_.find(file);
  if (at == producers_.end()) {
    at = producers_.emplace(std::string(file), Producer{}).first;
    at->second.number = static_cast<std::uint32_t>(producers_.size());
  }
  last_ = &at->second;
  last_file_ = file;
  return at->second;
}

Arrival RecordLedger::arrive(const RecordId& id, std::uint64_t digest, std::uint32_t stream) {
  if (id.checksum == Checksum::wrong) ++counts_.corrupt;
  if (id.checksum == Checksum::absent) ++counts_.truncated;
  Producer& from = producer(id.file);
  if (id.sequence >= from.digests.size()) {
    if (id.sequence - from.digests.size() > kSequenceLeapMax) {
      ++counts_.corrupt;
      return Arrival::different;
    }
    const std::size_t size = std::max<std::size_t>(id.sequence + 1, from.digests.size() * 3 / 2);
    from.digests.resize(size);
    from.seen.resize(size);
  }
  if (digest == 0) digest = 1;  // 0 says "not seen"
  std::uint64_t& known = from.digests[id.sequence];
  std::uint8_t& seen = from.seen[id.sequence];
  if (seen < 255) ++seen;
  if (known == 0) {
    known = digest;
    ++from.first;
    ++counts_.first;
    auto [newest, fresh] = from.newest_of_stream.try_emplace(stream, id.sequence);
    if (!fresh) {
      if (id.sequence < newest->second) {
        ++counts_.out_of_order;
      } else {
        newest->second = id.sequence;
      }
    }
    return Arrival::first;
  }
  if (known == digest) {
    ++counts_.identical;
    return Arrival::identical;
  }
  ++counts_.different;
  return Arrival::different;
}

RecordLedger::Verdict RecordLedger::verdict(const std::vector<Expectation>& expectations,
                                            std::uint64_t except_every) const {
  Verdict verdict;
  // A file may be expected in several pieces; what lies outside of all of them was invented.
  std::map<std::string, std::uint64_t> seen_as_expected;
  for (const Expectation& wanted : expectations) {
    const auto at = producers_.find(wanted.file);
    std::uint64_t& found = seen_as_expected[wanted.file];
    std::uint64_t gap_begin = 0;
    std::uint64_t gap = 0;
    auto close_gap = [&](std::uint64_t end) {
      if (gap != 0 && verdict.missing_ranges.size() < kRangesMax) {
        verdict.missing_ranges.push_back(fmt::format("{}:{}-{}", wanted.file, gap_begin, end));
      }
      gap = 0;
    };
    for (std::uint64_t i = wanted.begin; i < wanted.end; ++i) {
      const bool arrived =
          at != producers_.end() && i < at->second.seen.size() && at->second.seen[i] != 0;
      if (arrived) ++found;
      if (except_every != 0 && i % except_every == except_every - 1) {
        ++(arrived ? verdict.excepted_seen : verdict.excepted);
        continue;
      }
      ++verdict.expected;
      if (arrived) {
        close_gap(i);
      } else {
        ++verdict.missing;
        if (gap++ == 0) gap_begin = i;
      }
    }
    close_gap(wanted.end);
  }
  for (const auto& [file, from] : producers_) {
    const auto at = seen_as_expected.find(file);
    verdict.invented += from.first - (at == seen_as_expected.end() ? 0 : at->second);
  }
  return verdict;
}

std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> RecordLedger::producers() const {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> out;
  for (const auto& [file, from] : producers_) {
    std::uint64_t end = from.seen.size();
    while (end > 0 && from.seen[end - 1] == 0) --end;
    out[file] = {from.first, end};
  }
  return out;
}

}  // namespace loki_standin
