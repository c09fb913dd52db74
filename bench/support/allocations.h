#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace bench {

// Calls of operator new since the program began, by all threads. Linking this replaces the global
// operators with ones that count.
std::uint64_t allocations() noexcept;

// Reports a benchmark's loop as records/s, bytes/s and heap allocations per record: made before the
// loop, told after it. Counters of a benchmark with several threads are not supported.
class Throughput {
 public:
  explicit Throughput(benchmark::State& state) : state_(state), before_(allocations()) {}

  // `records` and `bytes` of one iteration.
  void per_iteration(std::uint64_t records, std::uint64_t bytes) {
    const std::uint64_t made = allocations() - before_;
    const auto iterations = static_cast<std::int64_t>(state_.iterations());
    state_.SetItemsProcessed(iterations * static_cast<std::int64_t>(records));
    state_.SetBytesProcessed(iterations * static_cast<std::int64_t>(bytes));
    state_.counters["allocs_per_record"] =
        static_cast<double>(made) /
        (static_cast<double>(iterations) * static_cast<double>(records));
  }

 private:
  benchmark::State& state_;
  std::uint64_t before_;
};

}  // namespace bench
