#include "plugins/sources/file/position_ring.h"

#include "pipeline/base/assert.h"

namespace plugins::sources::file {

void PositionRing::push(const Mark& end, std::uint32_t records, State state) {
  ASSERT(end.offset >= read_);
  // Ranges that are over are moved out in bulk, so that each is moved once at most.
  if (head_ >= 32 && head_ * 2 >= ranges_.size()) {
    ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(head_));
    first_ += head_;
    head_ = 0;
  }
  ranges_.push_back({end, records, state});
  read_ = end.offset;
}

std::uint64_t PositionRing::add(const Mark& end, std::uint32_t records) {
  push(end, records, State::waiting);
  ++outstanding_;
  return first_ + ranges_.size() - 1;
}

void PositionRing::add_empty(const Mark& end) {
  push(end, 0, State::done);
  advance();
}

bool PositionRing::settle(std::uint64_t sequence, pipeline::Outcome outcome,
                          const pipeline::TimeTie& tie) {
  if (sequence < first_ + head_ || sequence >= first_ + ranges_.size()) return false;
  Range& range = ranges_[sequence - first_];
  if (range.state != State::waiting) return false;
  --outstanding_;
  if (outcome == pipeline::Outcome::failed) {
    range.state = State::failed;
    has_failed_ = true;
    return false;
  }
  range.state = State::done;
  range.end.tie = tie;
  return advance();
}

bool PositionRing::advance() {
  const std::size_t before = head_;
  while (head_ < ranges_.size() && ranges_[head_].state == State::done) {
    const Range& range = ranges_[head_];
    // Bytes without records do not touch the run of equal times.
    const pipeline::TimeTie tie = range.records > 0 ? range.end.tie : acked_.tie;
    acked_ = range.end;
    acked_.tie = tie;
    ++head_;
  }
  ASSERT(acked_.offset <= read_);
  if (head_ == ranges_.size()) {
    first_ += head_;
    head_ = 0;
    ranges_.clear();
  }
  return head_ != before || ranges_.empty();
}

void PositionRing::rewind() {
  ASSERT(outstanding_ == 0);
  first_ += ranges_.size();
  head_ = 0;
  ranges_.clear();
  read_ = acked_.offset;
  has_failed_ = false;
}

std::uint32_t PositionRing::records(std::uint64_t sequence) const noexcept {
  const bool is_here = sequence >= first_ + head_ && sequence < first_ + ranges_.size();
  return is_here ? ranges_[sequence - first_].records : 0;
}

}  // namespace plugins::sources::file
