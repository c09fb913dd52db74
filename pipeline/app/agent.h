#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/app/runtime.h"
#include "pipeline/base/log.h"
#include "pipeline/config/diagnostics.h"
#include "pipeline/flow/ledger.h"
#include "pipeline/telemetry/meter.h"
#include "pipeline/topology/plan.h"
#include "pipeline/topology/topology.h"

namespace pipeline {

// Reads the configuration anew; problems go to the diagnostics, nullopt when it cannot be used.
using PlanReader = std::function<std::optional<Plan>(Diagnostics&)>;

// A whole agent in one process: data directory, threads, listeners, topology, signals.
class Agent {
 public:
  enum class Phase : std::uint8_t { starting, running, draining, stopped };

  Agent(Plan plan, PlanReader reader, StreamLog& log);
  ~Agent();

  // Runs until a signal or until every source has ended; then drains. The process's exit code:
  // 0 nothing lost, 1 could not start, 3 with loss, 130 or 143 after a second signal (which does not
  // return). `on_running` is called on the control thread once everything has started.
  int run(const std::function<void()>& on_running = {});

  // Re-reads and changes what differs; one at a time, later calls during one share the next.
  struct ReloadAnswer {
    int status = 200;  // 400: the configuration is wrong; 409: a component holds it
    std::string body;  // JSON
  };
  Task<ReloadAnswer> reload();

  Phase phase() const noexcept;
  std::string ready_reason() const;  // "" when ready
  const Topology& topology() const;
  Ledger& ledger() noexcept;
  Meters& meters() noexcept;
  Runtime& runtime() noexcept;
  const std::string& admin_address() const;
  const std::string& listen_address() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pipeline
