#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/flow/gate.h"
#include "pipeline/flow/lane.h"
#include "pipeline/topology/plan.h"

namespace pipeline {

// The meter scopes of components, by id: a component that stays across a reload keeps its series
// and their counts, one that goes takes them along. One thread at a time.
class ComponentScopes {
 public:
  explicit ComponentScopes(Meters& meters) : meters_(meters) {}
  const MeterScope& of(const std::string& id);
  // Forgets the components that are not in `ids`.
  void keep_only(const std::vector<std::string>& ids);

 private:
  Meters& meters_;
  std::vector<std::pair<std::string, std::unique_ptr<MeterScope>>> scopes_;
};

// All lanes of one root pipeline, with everything that its records can pass built in: the chained
// pipelines and an encoder for each sink. Built beside the running one, so that a configuration that
// cannot be built changes nothing.
class LaneSet {
 public:
  struct Parts {
    const Plan& plan;
    const Plan::Pipeline& root;
    Signals signals;  // that can come from the root's sources
    std::function<std::shared_ptr<Delivery>(const std::string& sink)> delivery;
    std::function<Executor()> new_strand;
    FileSystem& fs;
    Clock& clock;
    Log& log;
    Meters& meters;
    ComponentScopes& scopes;
    Ledger& ledger;
    MemoryBudget& budget;
    std::shared_ptr<MemoryBudget::Share> memory;
  };

  // Fails when a plugin refuses its configuration.
  static Result<std::shared_ptr<LaneSet>> build(const Parts& parts);
  ~LaneSet();

  void start();
  // Lets the lanes finish what is queued and flush their builders. Behind a shut, quiet gate.
  void stop();
  bool has_stopped() const noexcept;
  Notifier& stopped() noexcept;

  Gate::Behind behind() const;
  const FieldPlan& fields() const noexcept;

 private:
  struct Impl;
  explicit LaneSet(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace pipeline
