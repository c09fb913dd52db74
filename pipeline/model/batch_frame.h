#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/model/ack.h"
#include "pipeline/model/arena.h"
#include "pipeline/model/chunk.h"
#include "pipeline/model/partition.h"
#include "pipeline/model/selection.h"

namespace pipeline {

// Consecutive rows of a batch that came from one partition in one read.
struct Part {
  std::uint32_t first_row = 0;
  std::uint32_t rows = 0;
  PartitionRef partition;
  Ack ack;                     // empty where the source waits for nothing
  std::uint64_t begin = 0;     // the partition's position before the first row (bytes for a file)
  bool again = false;          // read before, and rewound after a failed delivery
};

// What batches of every signal have: the bytes that they own, where these came from, and which
// rows are still live.
struct BatchFrame {
  std::vector<ChunkRef> chunks;  // raw input; views in columns point into them
  Arena arena;                   // text made since
  // Arenas that this batch shares with the batches it was split from; nobody adds to them.
  std::vector<std::shared_ptr<const Arena>> shared_arenas;
  std::vector<Part> parts;       // ascending, without gaps, covering all rows
  Selection live;
  std::shared_ptr<const std::string> source;  // the source's name; set by the engine
  Instant read_at;               // when the oldest row was read or received
  std::uint64_t raw_bytes = 0;   // of input, for budgets and rates
  // A transform that holds its lane back (limit: block) adds to this; the lane sleeps so long after
  // the batch.
  Nanoseconds pause{0};

  // Rows that are still to be settled by somebody, for a copy that travels its own way.
  void share_into(BatchFrame& copy) {
    if (arena.footprint() > 0) {
      shared_arenas.push_back(std::make_shared<const Arena>(std::move(arena)));
      arena = Arena();
    }
    copy.chunks = chunks;
    copy.shared_arenas = shared_arenas;
    copy.live = live;
    copy.read_at = read_at;
    copy.raw_bytes = raw_bytes;
    copy.parts.reserve(parts.size());
    for (const Part& part : parts)
      copy.parts.push_back({part.first_row, part.rows, part.partition, part.ack.share(), part.begin,
                            part.again});
    copy.source = source;
  }

  void clear() noexcept {
    chunks.clear();
    arena.clear();
    shared_arenas.clear();
    parts.clear();
    source.reset();
    live.reset(0);
    raw_bytes = 0;
    pause = Nanoseconds{0};
  }
};

}  // namespace pipeline
