#pragma once

#include <chrono>
#include <cstdint>

#include "pipeline/base/task.h"

namespace pipeline {

using Nanoseconds = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;

// Points on the monotonic clock: timers, ages and latencies.
using Instant = std::chrono::steady_clock::time_point;
// Nanoseconds since 1970-01-01T00:00:00Z: record times only, never a timer.
using UnixNanos = std::int64_t;

// Time as the engine sees it, so that a test can stop it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual UnixNanos unix_now() const = 0;
  // Returns at `when` or, silently, when the calling coroutine is cancelled: check
  // asio::this_coro::cancellation_state if the difference matters. REQUIRES: the clock outlives it.
  virtual Task<> sleep_until(Instant when) = 0;

  Task<> sleep_for(Nanoseconds duration) {
    return sleep_until(now() + std::chrono::duration_cast<Instant::duration>(duration));
  }
};

// The machine's own clocks.
class SystemClock final : public Clock {
 public:
  Instant now() const override { return std::chrono::steady_clock::now(); }
  UnixNanos unix_now() const override;
  Task<> sleep_until(Instant when) override;
};

}  // namespace pipeline
