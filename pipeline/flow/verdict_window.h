#pragma once

#include <cstdint>

namespace pipeline {

// Remembers how the latest rows of a sink ended, to tell a poison record from a receiver that
// refuses everything. Halves its memory when full, so that old rows fade. One thread at a time.
class VerdictWindow {
 public:
  void delivered(std::uint64_t rows) noexcept { add(rows, 0); }
  void rejected(std::uint64_t rows) noexcept { add(rows, rows); }
  // A new tenant, address or credential: what was true of the old one says nothing.
  void forget() noexcept { rows_ = rejected_ = 0; }

  // Whether rejecting `rows` more would make more than a tenth of the latest kRows rows rejected.
  bool would_be_systemic(std::uint64_t rows) const noexcept { return rejected_ + rows > kRows / 10; }

 private:
  static constexpr std::uint64_t kRows = 10'000;
  void add(std::uint64_t rows, std::uint64_t bad) noexcept {
    rows_ += rows;
    rejected_ += bad;
    while (rows_ > kRows) {
      rows_ /= 2;
      rejected_ /= 2;
    }
  }
  std::uint64_t rows_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace pipeline
