#pragma once

#include <cstdint>
#include <memory>

#include "pipeline/base/clock.h"
#include "pipeline/base/task.h"

namespace pipeline {

// Wakes coroutines when something that they wait for may have changed. Thread-safe.
//
//   for (;;) {
//     const auto seen = notifier.epoch();
//     if (condition()) break;
//     co_await notifier.wait(seen);    // returns at once if notify() came in between
//   }
//
// A waiting coroutine must run on a strand (or a single thread). Cancellation ends a wait early.
class Notifier {
 public:
  Notifier();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  std::uint64_t epoch() const noexcept;
  void notify() noexcept;
  Task<> wait(std::uint64_t seen);
  // The same, at most until `deadline` on `clock`. Instant::max() waits without one.
  Task<> wait_until(std::uint64_t seen, Instant deadline, Clock& clock);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// True once the calling coroutine has been asked to stop.
Task<bool> is_cancelled();

}  // namespace pipeline
