#include "pipeline/expr/label_cache.h"

#include <algorithm>
#include <cstring>

#include "pipeline/expr/label_setter.h"

namespace pipeline::expr {
namespace {

void append_value(std::string& bytes, std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  char prefix[sizeof size];
  std::memcpy(prefix, &size, sizeof size);
  bytes.append(prefix, sizeof size);
  bytes.append(value);
}

}  // namespace

std::uint32_t LabelCache::add(std::uint64_t hash, const LabelSetRef& base,
                              std::span<const std::string_view> values, LabelSetRef set) {
  if (entries_.size() >= kMaxLabelCombinations || bytes_.size() >= kMaxLabelCacheBytes) forget();

  std::uint32_t number = kNone;
  const auto [first, last] = by_content_.equal_range(set->hash());
  for (auto it = first; it != last; ++it)
    if (*results_[it->second].set == *set) number = it->second;
  if (number == kNone) {
    number = static_cast<std::uint32_t>(results_.size());
    by_content_.emplace(set->hash(), number);
    results_.push_back({std::move(set), 0, 0});
  }

  entries_.push_back({hash, base, static_cast<std::uint32_t>(bytes_.size()), number});
  for (const std::string_view value : values) append_value(bytes_, value);
  if (entries_.size() * 2 > slots_.size()) {
    slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), kNone);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) place(i);
  } else {
    place(static_cast<std::uint32_t>(entries_.size() - 1));
  }
  return number;
}

void LabelCache::place(std::uint32_t entry) noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = entries_[entry].hash & mask;
  while (slots_[i] != kNone) i = (i + 1) & mask;
  slots_[i] = entry;
}

void LabelCache::forget() noexcept {
  slots_.assign(slots_.size(), kNone);
  entries_.clear();
  bytes_.clear();
  results_.clear();
  by_content_.clear();
}

}  // namespace pipeline::expr
