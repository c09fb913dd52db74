#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pipeline {

// Which rows of a batch are live: one bit per row. Dropping a row clears its bit; nothing moves.
class Selection {
 public:
  Selection() = default;
  explicit Selection(std::size_t rows) { reset(rows); }

  // All rows live.
  void reset(std::size_t rows) {
    rows_ = rows;
    words_.assign((rows + 63) / 64, ~std::uint64_t{0});
    trim();
  }
  // No row live.
  void reset_none(std::size_t rows) {
    rows_ = rows;
    words_.assign((rows + 63) / 64, 0);
  }

  std::size_t rows() const noexcept { return rows_; }
  bool test(std::size_t row) const noexcept { return (words_[row >> 6] >> (row & 63)) & 1u; }
  void set(std::size_t row) noexcept { words_[row >> 6] |= std::uint64_t{1} << (row & 63); }
  void clear(std::size_t row) noexcept { words_[row >> 6] &= ~(std::uint64_t{1} << (row & 63)); }

  std::size_t count() const noexcept {
    std::size_t n = 0;
    for (const std::uint64_t word : words_) n += static_cast<std::size_t>(std::popcount(word));
    return n;
  }
  // Live rows in [begin, end).
  std::size_t count(std::size_t begin, std::size_t end) const noexcept {
    std::size_t n = 0;
    for_each(begin, end, [&n](std::size_t) { ++n; });
    return n;
  }
  bool none() const noexcept {
    for (const std::uint64_t word : words_)
      if (word != 0) return false;
    return true;
  }

  // Calls visit(row) for each live row, ascending.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for_each(0, rows_, visit);
  }
  template <class Visit>
  void for_each(std::size_t begin, std::size_t end, Visit&& visit) const {
    if (begin >= end) return;
    const std::size_t last = (end - 1) >> 6;
    for (std::size_t w = begin >> 6; w <= last; ++w) {
      std::uint64_t word = words_[w];
      if (w == begin >> 6) word &= ~std::uint64_t{0} << (begin & 63);
      if (w == last && (end & 63) != 0) word &= ~std::uint64_t{0} >> (64 - (end & 63));
      while (word != 0) {
        visit((w << 6) + static_cast<std::size_t>(std::countr_zero(word)));
        word &= word - 1;
      }
    }
  }

  Selection& operator&=(const Selection& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  Selection& operator|=(const Selection& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  // Keeps the rows that are live here and not in `other`.
  Selection& subtract(const Selection& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }
  bool operator==(const Selection&) const = default;

  // 64 rows a word, row 0 in the lowest bit; bits past rows() are 0. For vectorised loops.
  std::vector<std::uint64_t>& words() noexcept { return words_; }
  const std::vector<std::uint64_t>& words() const noexcept { return words_; }

 private:
  void trim() noexcept {
    if (!words_.empty() && (rows_ & 63) != 0) words_.back() &= ~std::uint64_t{0} >> (64 - (rows_ & 63));
  }

  std::vector<std::uint64_t> words_;
  std::size_t rows_ = 0;
};

}  // namespace pipeline
