#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace pipeline {

// Text that a batch makes while it is transformed. Freed as a whole with the batch.
//
// One thread at a time. Views stay valid until clear() or destruction, also when the arena moves.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  // Uninitialised space. kPadding readable bytes follow every block, not every allocation.
  char* allocate(std::size_t size);
  std::string_view copy(std::string_view text);
  // Gives back the unused end of the latest allocate(): `used` of its bytes are kept.
  void shrink_last(char* start, std::size_t used) noexcept;

  // Bytes of memory held, for the budget.
  std::size_t footprint() const noexcept { return footprint_; }
  // Forgets everything and keeps one block for reuse.
  void clear() noexcept;

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::size_t footprint_ = 0;
};

}  // namespace pipeline
