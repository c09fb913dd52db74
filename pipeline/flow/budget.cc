#include "pipeline/flow/budget.h"

#include <algorithm>

namespace pipeline {

std::shared_ptr<MemoryBudget::Share> MemoryBudget::open() {
  auto share = std::make_shared<Share>(*this);
  const std::lock_guard lock(mutex_);
  ++shares_;
  return share;
}

std::uint64_t MemoryBudget::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

MemoryBudget::Share::~Share() {
  const std::lock_guard lock(budget_.mutex_);
  move_locked(0);
  --budget_.shares_;
}

// Keeps the books when this share goes from used_ to `now`. The floor moves when a pipeline comes or
// goes, so the part above it is computed from the floor of the moment and never below zero.
void MemoryBudget::Share::move_locked(std::uint64_t now) noexcept {
  const std::uint64_t floor = budget_.floor_locked();
  const std::uint64_t above_before = used_ > floor ? used_ - floor : 0;
  const std::uint64_t above_after = now > floor ? now - floor : 0;
  budget_.used_ = budget_.used_ - used_ + now;
  const std::uint64_t shared = budget_.used_shared_ + above_after;
  budget_.used_shared_ = shared > above_before ? shared - above_before : 0;
  used_ = now;
}

bool MemoryBudget::Share::try_take(std::uint64_t bytes) {
  const std::lock_guard lock(budget_.mutex_);
  const std::uint64_t now = used_ + bytes;
  const std::uint64_t floor = budget_.floor_locked();
  const std::uint64_t above_before = used_ > floor ? used_ - floor : 0;
  const std::uint64_t above_after = now > floor ? now - floor : 0;
  const std::uint64_t shared_limit = budget_.limit_ - std::min(budget_.limit_, floor * budget_.shares_);
  const bool fits = above_after == 0 ||
                    budget_.used_shared_ + (above_after - above_before) <= shared_limit;
  if (!fits && used_ > 0) return false;
  move_locked(now);
  return true;
}

void MemoryBudget::Share::charge(std::uint64_t bytes) {
  const std::lock_guard lock(budget_.mutex_);
  move_locked(used_ + bytes);
}

void MemoryBudget::Share::give_back(std::uint64_t bytes) {
  {
    const std::lock_guard lock(budget_.mutex_);
    move_locked(used_ - std::min(used_, bytes));
  }
  budget_.freed_.notify();
}

std::uint64_t MemoryBudget::Share::used() const {
  const std::lock_guard lock(budget_.mutex_);
  return used_;
}

void Reservation::resize(std::uint64_t bytes) {
  if (!share_) return;
  if (bytes > bytes_) {
    share_->charge(bytes - bytes_);
  } else if (bytes < bytes_) {
    share_->give_back(bytes_ - bytes);
  }
  bytes_ = bytes;
}

void Reservation::reset() {
  if (share_ && bytes_ > 0) share_->give_back(bytes_);
  bytes_ = 0;
  share_.reset();
}

}  // namespace pipeline
