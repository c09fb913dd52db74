#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "pipeline/base/notifier.h"

namespace pipeline {

// Hands items of one producer or many to one consumer, first in, first out. Bounded outside: what
// goes in has been admitted by a byte budget, and bytes() says how much is here. Thread-safe.
//
// A mutex and a deque on purpose: it is used once per batch, and a lock-free queue keeps order per
// producing thread only, while a strand may run on any thread (docs/adr/0003).
template <class T>
class Channel {
 public:
  // False when the channel is closed; `item` is then untouched.
  bool push(T&& item, std::uint64_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return false;
      items_.emplace_back(std::move(item), bytes);
      bytes_.fetch_add(bytes, std::memory_order_relaxed);
    }
    wake_.notify();
    return true;
  }

  std::optional<T> try_pop() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front().first));
    bytes_.fetch_sub(items_.front().second, std::memory_order_relaxed);
    items_.pop_front();
    return item;
  }

  // Refuses further items; what is queued can still be popped.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify();
  }
  bool is_closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  bool is_empty() const {
    const std::lock_guard lock(mutex_);
    return items_.empty();
  }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  Notifier& wake() noexcept { return wake_; }

 private:
  mutable std::mutex mutex_;
  std::deque<std::pair<T, std::uint64_t>> items_;
  std::atomic<std::uint64_t> bytes_{0};
  bool closed_ = false;
  Notifier wake_;
};

}  // namespace pipeline
