#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "pipeline/base/result.h"
#include "pipeline/base/task.h"
#include "pipeline/component/context.h"
#include "pipeline/component/positions.h"
#include "pipeline/model/batch.h"

namespace pipeline {

// Where a source puts what it read: one pipeline, or all pipelines of a source that cannot be read
// twice. Belongs to the source's strand.
class Output {
 public:
  virtual ~Output() = default;

  // Lanes are numbered from 0. Records of one partition must go to its lane.
  virtual std::size_t lanes() const = 0;
  // The lane for the next records of a partition: where it has unsettled ones, else the least
  // loaded lane.
  virtual std::size_t lane_of(Partition& partition) = 0;

  // Hands a batch to a lane. Suspends while the pipeline is over its budget or its sinks have no
  // credit: this is the backpressure. Counts the batch as read. Fails only with Errc::cancelled;
  // the batch's acks then settle as failed.
  virtual Task<Result<>> push(Batch batch, std::size_t lane) = 0;

  // True while a push would have to wait; for sources that can refuse instead (a scrape, a
  // connection before its body is read).
  virtual bool is_congested() const = 0;
};

// Reads records from somewhere. One coroutine on one strand.
class Source {
 public:
  virtual ~Source() = default;

  // Runs until the input ends or the engine cancels it (Asio terminal cancellation: waits return
  // early, push() fails with Errc::cancelled). After it returned nothing is pushed any more, but
  // acks may still arrive. REQUIRES: `out` outlives the task.
  virtual Task<Result<>> run(Output& out) = 0;

  // Called on a thread of the engine after run() returned and again once every ack has settled or
  // been given up: write positions, close files. May be called without run().
  virtual void stop() {}
};

struct SourceContext : Context {
  Executor executor;         // the source's strand
  PositionStore& positions;  // scoped to (source, pipeline)
  std::string source;        // the name in the configuration: what `$source` reads
};

}  // namespace pipeline
