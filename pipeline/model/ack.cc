#include "pipeline/model/ack.h"

namespace pipeline {

void AckGroup::release(Outcome outcome) noexcept {
  const auto mine = static_cast<std::uint8_t>(outcome);
  std::uint8_t seen = worst_.load(std::memory_order_relaxed);
  while (seen < mine && !worst_.compare_exchange_weak(seen, mine, std::memory_order_relaxed)) {
  }
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  owner_->settled(*this, static_cast<Outcome>(worst_.load(std::memory_order_relaxed)));
  delete this;
}

Ack Ack::share() const noexcept {
  Ack other;
  if (group_ != nullptr) {
    group_->references_.fetch_add(1, std::memory_order_relaxed);
    other.group_ = group_;
  }
  return other;
}

}  // namespace pipeline
