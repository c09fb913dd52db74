#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/expr/match.h"
#include "pipeline/model/labels.h"

namespace pipeline::expr {

// How values are hashed. Inline, as everything that a row costs.
namespace detail {

__extension__ using Wide = unsigned __int128;

// wyhash's mixing step: both halves of the product.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t kSecret0 = 0xa0761d6478bd642f;
inline constexpr std::uint64_t kSecret1 = 0xe7037ed1a0b428db;

inline std::uint64_t load8(const char* p) noexcept {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}
inline std::uint64_t load4(const char* p) noexcept {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
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

}  // namespace detail

// From (labels so far, values) to the labels that come out. Equal results are one LabelSet. A hit
// has compared every byte; a combination is found in one probe or two.
class LabelCache {
 public:
  struct Result {
    LabelSetRef set;
    // The place in the dictionary of the batch that `stamp` stands for.
    std::uint64_t stamp = 0;
    std::uint32_t index = 0;
  };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  static std::uint64_t hash(const LabelSet* base,
                            std::span<const std::string_view> values) noexcept;

  // The result's number, or kNone.
  std::uint32_t find(std::uint64_t hash, const LabelSet* base,
                     std::span<const std::string_view> values) const noexcept;
  // Forgets everything first when a bound is exceeded. `base` is kept alive, so that its address
  // stays its own.
  std::uint32_t add(std::uint64_t hash, const LabelSetRef& base,
                    std::span<const std::string_view> values, LabelSetRef set);

  Result& result(std::uint32_t number) noexcept { return results_[number]; }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    LabelSetRef base;
    std::uint32_t values = 0;  // where they begin in bytes_: a length and the text of each
    std::uint32_t result = 0;
  };
  bool equal(const Entry& entry, std::span<const std::string_view> values) const noexcept;
  void place(std::uint32_t entry) noexcept;
  void forget() noexcept;

  std::vector<std::uint32_t> slots_;  // open addressing, a power of two, at most half full
  std::vector<Entry> entries_;
  std::string bytes_;
  std::vector<Result> results_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_content_;
};

inline std::uint64_t LabelCache::hash(const LabelSet* base,
                                      std::span<const std::string_view> values) noexcept {
  std::uint64_t seed =
      detail::mix(reinterpret_cast<std::uintptr_t>(base) ^ detail::kSecret0, detail::kSecret1);
  for (const std::string_view value : values) seed = detail::hash_text(value, seed);
  return seed;
}

inline bool LabelCache::equal(const Entry& entry,
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

inline std::uint32_t LabelCache::find(std::uint64_t hash, const LabelSet* base,
                                      std::span<const std::string_view> values) const noexcept {
  if (slots_.empty()) return kNone;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask; slots_[i] != kNone; i = (i + 1) & mask) {
    const Entry& entry = entries_[slots_[i]];
    if (entry.hash == hash && entry.base.get() == base && equal(entry, values)) return entry.result;
  }
  return kNone;
}

}  // namespace pipeline::expr
