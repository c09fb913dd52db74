#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/topology/draft.h"

namespace pipeline {

// A draft's wiring with names looked up: who leads where, and what can arrive. Indices are those of
// the plan's vectors. Names that nothing has are left out.
struct WiringGraph {
  struct Target {
    std::size_t edge = 0;                 // of the pipeline's edges
    std::optional<std::size_t> pipeline;  // exactly one of the two
    std::optional<std::size_t> sink;
  };
  struct Entry {
    std::size_t from = 0;  // of the pipeline's `from`
    std::size_t source = 0;
    Signals signals;  // that it brings
  };
  struct Pipeline {
    std::vector<Entry> entries;
    std::vector<Target> targets;
    std::set<std::size_t> sources;   // whose records can arrive, through other pipelines too
    std::set<std::size_t> upstream;  // pipelines whose records can arrive, itself among them
    Signals signals;
    // Everything that can arrive is known; otherwise nothing can be proved about what is absent.
    bool is_known = true;
  };

  explicit WiringGraph(const Draft& draft);

  // Pipelines that an edge leads to from `pipeline`, itself first, and so on.
  std::vector<std::size_t> downstream(std::size_t pipeline) const;
  // Pipelines in a ring, one list for each; its first is not repeated.
  std::vector<std::vector<std::size_t>> cycles() const;

  std::vector<Pipeline> pipelines;
};

// What the checks share. They report to the context and change nothing.
struct WiringChecks {
  const Draft& draft;
  const WiringGraph& graph;
  const Registry& registry;
  DecodeContext& context;

  void names() const;     // check_wired_names.cc: names, ends, cycles, what nobody uses
  void signals() const;   // check_signals.cc
  void labels() const;    // check_labels.cc: no stream without a label
  void reads() const;     // check_reads.cc: `$` names
  void coupling() const;  // check_coupling.cc: who can stop whom
  void bodies() const;    // check_bodies.cc: fields changed, line not
  void places() const;    // check_places.cc: ports, files in a loop

  Diagnostics& diagnostics() const { return context.diagnostics(); }
};

}  // namespace pipeline
