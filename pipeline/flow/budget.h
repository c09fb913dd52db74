#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "pipeline/base/notifier.h"

namespace pipeline {

// The agent's memory for batches and queues, in bytes, with a guaranteed floor for each pipeline:
// limit / (2 x pipelines). Only what is above the floors is shared, so a pipeline behind a dead sink
// cannot take the others' memory. Thread-safe.
//
// Taken at one place, admission into a lane (try_take, which can say no), and converted later by
// charge(), which never waits: a batch may overdraw by what its encoding needs, repaid before the
// next admission.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit) : limit_(limit) {}

  class Share;
  // A pipeline's share. REQUIRES: the budget outlives it.
  std::shared_ptr<Share> open();

  std::uint64_t limit() const noexcept { return limit_; }
  std::uint64_t used() const;
  // Woken whenever bytes were given back.
  Notifier& freed() noexcept { return freed_; }

 private:
  std::uint64_t floor_locked() const noexcept { return limit_ / (2 * std::max<std::size_t>(shares_, 1)); }

  const std::uint64_t limit_;
  mutable std::mutex mutex_;
  std::size_t shares_ = 0;
  std::uint64_t used_ = 0;         // by all shares
  std::uint64_t used_shared_ = 0;  // above the floors
  Notifier freed_;
};

class MemoryBudget::Share {
 public:
  explicit Share(MemoryBudget& budget) : budget_(budget) {}
  ~Share();
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  // False when neither the floor nor the shared rest has room. A request larger than the limit is
  // granted when this share is empty, so that an oversized batch is slow instead of stuck.
  bool try_take(std::uint64_t bytes);
  void charge(std::uint64_t bytes);
  void give_back(std::uint64_t bytes);
  std::uint64_t used() const;
  MemoryBudget& budget() noexcept { return budget_; }

 private:
  void move_locked(std::uint64_t now) noexcept;
  MemoryBudget& budget_;
  std::uint64_t used_ = 0;  // guarded by the budget's mutex
};

// Bytes held of a share: given back when it dies. Move-only.
class Reservation {
 public:
  Reservation() = default;
  // Takes over bytes that try_take() has granted.
  Reservation(std::shared_ptr<MemoryBudget::Share> share, std::uint64_t bytes)
      : share_(std::move(share)), bytes_(bytes) {}
  ~Reservation() { reset(); }
  Reservation(Reservation&& other) noexcept
      : share_(std::move(other.share_)), bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    if (this != &other) {
      reset();
      share_ = std::move(other.share_);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }

  // Holds exactly `bytes` from now on; more is charged, less is given back.
  void resize(std::uint64_t bytes);
  void reset();
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  std::shared_ptr<MemoryBudget::Share> share_;
  std::uint64_t bytes_ = 0;
};

}  // namespace pipeline
