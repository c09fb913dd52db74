#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/model/labels.h"

namespace pipeline::expr {

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

}  // namespace pipeline::expr
