#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/flow/budget.h"
#include "pipeline/flow/delivery.h"
#include "pipeline/flow/ledger.h"
#include "pipeline/flow/positions_file.h"
#include "pipeline/topology/plan.h"

namespace pipeline {

// What a running topology is made of; references outlive it.
struct TopologyParts {
  std::function<Executor()> new_strand;
  FileSystem& fs;
  Clock& clock;
  Log& log;
  Meters& meters;
  Ledger& ledger;
  MemoryBudget& budget;
  PositionsFile& positions;
  LinkMaker links;
};

// The answer to a reload.
struct ReloadOutcome {
  std::uint64_t generation = 0;
  std::vector<std::string> added, changed, removed;  // component ids
  std::uint64_t unchanged = 0;
  std::string held_by;  // not empty: refused, because this component could not be stopped in time
};

// A plan that runs: sources, gates, lanes and deliveries, started and stopped in order.
//
// start(), reload() and stop() are called one at a time, from a coroutine on one strand (or thread);
// the looks are thread-safe.
class Topology {
 public:
  explicit Topology(TopologyParts parts);
  ~Topology();

  // Sinks first, sources last. On failure nothing runs.
  Task<Result<>> start(Plan plan);

  // Changes what differs and leaves the rest untouched. All of it is built before anything is
  // stopped, so a failure leaves the running topology as it is.
  Task<Result<ReloadOutcome>> reload(Plan next);

  // Sources first, sinks last, within plan.agent.shutdown_timeout; what could not be delivered is
  // left to the positions, or lost{shutdown} where nobody can bring it again.
  Task<> stop();

  // Every source's input has ended by itself.
  bool has_ended() const;
  Notifier& ended() noexcept;

  // One line per component, for humans and /api.
  struct Look {
    std::string id;
    std::string type;
    std::string state;       // "running", "ended", "waiting", "up", "down", "alarm", "retiring"
    std::string last_error;
    std::string sentence;    // what holds what: "waits for sink/loki, down for 12 s"
    std::uint64_t pending = 0;
    std::uint64_t pending_bytes = 0;
    double lag_seconds = 0;
  };
  std::vector<Look> look() const;
  bool are_sinks_reachable() const;
  const AgentOptions& agent() const noexcept;
  std::uint64_t generation() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a reload from `now` to `next` would do, without doing it: for `sluice diff`.
ReloadOutcome difference(const Plan& now, const Plan& next);

}  // namespace pipeline
