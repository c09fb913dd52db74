#pragma once

#include <algorithm>
#include <optional>
#include <random>

#include "pipeline/base/clock.h"

namespace pipeline {

// Exponential backoff with full jitter: the n-th delay is uniform in (0, min(max, initial * 2^n)].
// A peer's own wish (Retry-After) is a lower bound. One thread at a time.
class Backoff {
 public:
  Backoff(Nanoseconds initial, Nanoseconds max, std::uint64_t seed)
      : initial_(initial), max_(max), random_(seed) {}

  Nanoseconds next(std::optional<Milliseconds> asked = std::nullopt) {
    const Nanoseconds ceiling = std::min(max_, initial_ * (std::int64_t{1} << std::min(step_, 20)));
    ++step_;
    std::uniform_int_distribution<std::int64_t> spread(1, std::max<std::int64_t>(1, ceiling.count()));
    const Nanoseconds drawn{spread(random_)};
    return asked ? std::max(drawn, std::min<Nanoseconds>(*asked, kLongestWish)) : drawn;
  }
  void reset() noexcept { step_ = 0; }

 private:
  // A receiver that asks for more is asked again after this.
  static constexpr Nanoseconds kLongestWish = std::chrono::minutes(5);
  Nanoseconds initial_;
  Nanoseconds max_;
  std::minstd_rand random_;
  int step_ = 0;
};

}  // namespace pipeline
