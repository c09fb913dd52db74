#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/component/delivery_options.h"
#include "pipeline/component/transform.h"
#include "pipeline/expr/condition.h"
#include "pipeline/flow/batcher.h"
#include "pipeline/flow/channel.h"
#include "pipeline/flow/ledger.h"
#include "pipeline/flow/reasons.h"

namespace pipeline {

// One transform as a lane runs it.
struct LaneStage {
  std::string id;
  AnyTransform transform;
  std::optional<Condition> when;  // rows for which it does not hold pass untouched
  DropReason reason = DropReason::drop;
  Counter dropped;
  Counter lost;  // of a transform that loses what nobody asked for; usually unused
};

struct LaneNode;

// Where rows go at the end of a pipeline.
struct LaneEdge {
  std::optional<Condition> when;
  bool is_else = false;
  WhenFull when_full = WhenFull::block;
  // Exactly one of the two.
  Batcher* sink = nullptr;
  std::unique_ptr<LaneNode> pipeline;
  Counter forwarded;
};

// One pipeline within a lane: its own instances of everything, so nothing is locked.
struct LaneNode {
  std::string id;  // "pipeline/app"
  Ledger::Id account = 0;
  std::vector<LaneStage> stages;
  std::vector<LaneEdge> edges;
  Counter no_route;
  Counter overflow;
};

// A batch on its way into a lane, with what it holds of the books and of memory.
struct Admitted {
  Batch batch;
  Ticket ticket;
  Reservation memory;
};

// A unit of order and of parallelism: takes batches in order and runs every transform and encoder
// over each without a queue in between. A coroutine on a strand, not a thread.
class Lane {
 public:
  // The pipeline's tree for each signal that it takes; null for the others.
  using Roots = std::array<std::unique_ptr<LaneNode>, kSignals>;

  struct Parts {
    Roots roots;
    // Every batcher that an edge below the roots points to.
    std::vector<std::unique_ptr<Batcher>> sinks;
    const FieldPlan& fields;
    Ledger& ledger;
    Clock& clock;
  };

  Lane(Executor strand, Parts parts);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Any thread. A lane that is stopped takes nothing: false.
  bool submit(std::unique_ptr<Admitted> batch);
  // Any thread: send what the builders hold now, because somebody waits for memory.
  void request_flush();
  std::uint64_t queued_bytes() const noexcept;
  // Batches in the queue or being processed.
  std::uint64_t load() const noexcept;

  // The lane's life; returns after stop() once the queue is empty and the builders are flushed.
  Task<> run();
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pipeline
