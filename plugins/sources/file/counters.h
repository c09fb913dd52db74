#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "pipeline/component/source.h"

namespace plugins::sources::file {

// What a file source exports beside the engine's own counts. Counters are written on its strand;
// gauges are kept as plain numbers that the scraping thread reads.
struct Counters {
  explicit Counters(const pipeline::SourceContext& context);

  pipeline::Counter skipped_files;
  pipeline::Counter truncations;
  pipeline::Counter truncated_lines;
  pipeline::Counter nul_bytes;
  pipeline::Counter errors;
  pipeline::Counter rewound;
  pipeline::Counter unrecoverable;
  pipeline::Counter vanished_bytes;

  struct Gauges {
    std::atomic<std::uint64_t> files{0};
    std::atomic<std::uint64_t> open{0};
    std::atomic<std::uint64_t> failing{0};
    std::atomic<std::uint64_t> lag_bytes{0};
    // When the file that has waited longest fell behind, on the monotonic clock; 0: none is behind.
    std::atomic<std::int64_t> behind_since_ns{0};
  };
  std::shared_ptr<Gauges> gauges = std::make_shared<Gauges>();
};

}  // namespace plugins::sources::file
