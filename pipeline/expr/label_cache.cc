#include "pipeline/expr/label_cache.h"

#include <cstring>

#include "pipeline/expr/label_setter.h"
#include "pipeline/expr/match.h"

namespace pipeline::expr {
namespace {

__extension__ using Wide = unsigned __int128;

// wyhash's mixing step: both halves of the product.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

constexpr std::uint64_t kSecret0 = 0xa0761d6478bd642f;
constexpr std::uint64_t kSecret1 = 0xe7037ed1a0b428db;

std::uint64_t load8(const char* p) noexcept {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}
std::uint64_t load4(const char* p) noexcept {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  const char* p = text.data();
  std::size_t left = text.size();
  for (; left > 16; p += 16, left -= 16) seed = mix(load8(p) ^ kSecret1, load8(p + 8) ^ seed);
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (left >= 8) {
    a = load8(p);
    b = load8(p + left - 8);
  } else if (left >= 4) {
    a = load4(p);
    b = load4(p + left - 4);
  } else if (left > 0) {
    a = static_cast<unsigned char>(p[0]) |
        std::uint64_t{static_cast<unsigned char>(p[left / 2])} << 8 |
        std::uint64_t{static_cast<unsigned char>(p[left - 1])} << 16;
  }
  return mix(a ^ kSecret1 ^ text.size(), b ^ seed);
}

void append_value(std::string& bytes, std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  char prefix[sizeof size];
  std::memcpy(prefix, &size, sizeof size);
  bytes.append(prefix, sizeof size);
  bytes.append(value);
}

}  // namespace

std::uint64_t LabelCache::hash(const LabelSet* base,
                               std::span<const std::string_view> values) noexcept {
  std::uint64_t seed = mix(reinterpret_cast<std::uintptr_t>(base) ^ kSecret0, kSecret1);
  for (const std::string_view value : values) seed = hash_text(value, seed);
  return seed;
}

bool LabelCache::equal(const Entry& entry,
                       std::span<const std::string_view> values) const noexcept {
  const char* stored = bytes_.data() + entry.values;
  for (const std::string_view value : values) {
    std::uint32_t size = 0;
    std::memcpy(&size, stored, sizeof size);
    stored += sizeof size;
    if (size != value.size() || !equal_bytes(stored, value.data(), size)) return false;
    stored += size;
  }
  return true;
}

std::uint32_t LabelCache::find(std::uint64_t hash, const LabelSet* base,
                               std::span<const std::string_view> values) const noexcept {
  if (slots_.empty()) return kNone;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask; slots_[i] != kNone; i = (i + 1) & mask) {
    const Entry& entry = entries_[slots_[i]];
    if (entry.hash == hash && entry.base.get() == base && equal(entry, values)) return entry.result;
  }
  return kNone;
}

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
