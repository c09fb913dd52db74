#include "pipeline/model/arena.h"

#include <algorithm>
#include <cstring>

#include "pipeline/model/chunk.h"

namespace pipeline {
namespace {
constexpr std::size_t kFirstBlock = 4 * 1024;
constexpr std::size_t kLargestStep = 256 * 1024;
}  // namespace

char* Arena::allocate(std::size_t size) {
  if (static_cast<std::size_t>(end_ - next_) < size) {
    const std::size_t step = std::min(std::max(kFirstBlock, footprint_), kLargestStep);
    const std::size_t capacity = std::max(step, size);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(capacity + kPadding), capacity});
    std::memset(blocks_.back().bytes.get() + capacity, 0, kPadding);
    next_ = blocks_.back().bytes.get();
    end_ = next_ + capacity;
    footprint_ += capacity + kPadding;
  }
  char* start = next_;
  next_ += size;
  return start;
}

std::string_view Arena::copy(std::string_view text) {
  char* start = allocate(text.size());
  if (!text.empty()) std::memcpy(start, text.data(), text.size());
  return {start, text.size()};
}

void Arena::shrink_last(char* start, std::size_t used) noexcept { next_ = start + used; }

void Arena::clear() noexcept {
  if (blocks_.empty()) return;
  // The largest block serves the next batch of this size without a further allocation.
  const auto largest =
      std::max_element(blocks_.begin(), blocks_.end(),
                       [](const Block& a, const Block& b) { return a.size < b.size; });
  std::swap(*largest, blocks_.front());
  blocks_.resize(1);
  next_ = blocks_.front().bytes.get();
  end_ = next_ + blocks_.front().size;
  footprint_ = blocks_.front().size + kPadding;
}

}  // namespace pipeline
