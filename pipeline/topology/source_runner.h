#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/component/registry.h"
#include "pipeline/flow/gate.h"
#include "pipeline/topology/plan.h"

namespace pipeline {

// One running instance of a source: its strand, its way into the pipelines, its counts. A replayable
// source has an instance per pipeline, any other one for all of them.
class SourceRunner {
 public:
  struct Parts {
    Plan::Source plan;
    std::vector<std::shared_ptr<Gate>> gates;  // one for a replayable source
    // Per gate: the only signal that it takes, if not all.
    std::vector<std::optional<Signal>> only;
    std::unique_ptr<PositionStore> positions;
    std::function<Executor()> new_strand;
    FileSystem& fs;
    Clock& clock;
    Log& log;
    Meters& meters;
    const MeterScope& scope;
    std::string host_name;
  };

  explicit SourceRunner(Parts parts);
  ~SourceRunner();
  SourceRunner(const SourceRunner&) = delete;
  SourceRunner& operator=(const SourceRunner&) = delete;

  // Makes the plugin: allocates and validates, opens nothing.
  Result<> make();
  // Starts reading. `on_end` is called once, on the strand, when the input has ended by itself. An
  // instance that fails is made again and retried, with backoff.
  void start(std::function<void()> on_end);
  // Cancels, waits until run() has returned, and lets the source write its positions.
  Task<> stop();
  // Once no ack is expected any more.
  void settle_positions();

  const Plan::Source& plan() const noexcept;
  const std::vector<std::shared_ptr<Gate>>& gates() const noexcept;
  bool is_running() const noexcept;
  bool has_ended() const noexcept;
  std::string last_error() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pipeline
