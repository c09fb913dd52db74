#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "pipeline/flow/gate.h"
#include "pipeline/topology/lane_set.h"
#include "pipeline/topology/ledger_metrics.h"
#include "pipeline/topology/source_runner.h"
#include "pipeline/topology/topology.h"

namespace pipeline {

// A part of the wiring that has a gate: one source in one pipeline.
struct GateKey {
  std::string pipeline;
  std::string source;
  bool operator<(const GateKey& other) const {
    return std::tie(pipeline, source) < std::tie(other.pipeline, other.source);
  }
};

// What a topology's parts share: its life (topology.cc), its change (reload.cc) and its looks
// (look.cc).
struct Topology::Impl {
  explicit Impl(TopologyParts from) : parts(std::move(from)), scopes(parts.meters) {}

  // A root pipeline as it runs.
  struct Root {
    std::string canonical;
    std::shared_ptr<MemoryBudget::Share> memory;
    std::shared_ptr<LaneSet> lanes;
  };
  struct Running {
    std::shared_ptr<SourceRunner> runner;
    std::string wiring;  // what it feeds; another wiring needs another runner
  };

  std::shared_ptr<Gate> gate_for(const Plan& plan, const Plan::Pipeline& root, const std::string& source);
  Result<std::shared_ptr<Delivery>> make_delivery(const Plan& plan, const Plan::Sink& sink);
  Result<std::shared_ptr<Sink>> make_sink(const Plan& plan, const Plan::Sink& sink);
  Result<std::shared_ptr<LaneSet>> build_lanes(const Plan& plan, const Plan::Pipeline& root,
                                               const std::shared_ptr<MemoryBudget::Share>& memory,
                                               const std::map<std::string, std::shared_ptr<Delivery>>& via);
  std::map<std::string, Running> wire_sources(const Plan& plan);
  void start_source(SourceRunner& runner);
  Task<bool> quieten(const std::vector<std::shared_ptr<Gate>>& gates, Instant deadline);
  Task<bool> await_lanes(LaneSet& lanes, Instant deadline);
  std::vector<std::string> component_ids(const Plan& plan) const;
  Task<> keep_positions();

  TopologyParts parts;
  ComponentScopes scopes;
  std::optional<LedgerMetrics> books;
  mutable std::mutex mutex;  // guards what look() reads; the rest has one caller at a time
  Plan plan;
  std::map<std::string, std::shared_ptr<Delivery>> deliveries;  // by sink
  std::vector<std::shared_ptr<Delivery>> retiring;
  std::map<std::string, Root> roots;                            // by pipeline
  std::map<GateKey, std::shared_ptr<Gate>> gates;
  std::map<std::string, Running> sources;                       // by runner key
  Notifier ended;
  std::atomic<std::uint64_t> generation{0};
  std::atomic<bool> is_saving{false};
  Notifier save_stop, saved;
};

}  // namespace pipeline
