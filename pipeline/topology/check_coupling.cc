#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pipeline/config/nearest.h"
#include "pipeline/topology/wiring_graph.h"

namespace pipeline {
namespace {

// The sinks that a pipeline waits for: those that it reaches by `block` alone.
void collect_waited_for(const WiringChecks& checks, std::size_t pipeline,
                        std::set<std::size_t>& sinks, std::set<std::size_t>& seen) {
  if (!seen.insert(pipeline).second) return;
  const Plan::Pipeline& plan = checks.draft.plan.pipelines[pipeline];
  for (const WiringGraph::Target& target : checks.graph.pipelines[pipeline].targets) {
    if (plan.edges[target.edge].when_full.value_or(plan.when_full) != WhenFull::block) continue;
    if (target.pipeline) {
      collect_waited_for(checks, *target.pipeline, sinks, seen);
      continue;
    }
    const Plan::Sink& sink = checks.draft.plan.sinks[*target.sink];
    if (!checks.draft.sinks[*target.sink].is_usable) continue;
    // A queue that drops when it is full holds nobody up.
    if (!sink.plugin->traits.always_takes &&
        sink.plugin->delivery(sink.config).queue_when_full == "block")
      sinks.insert(*target.sink);
  }
}

}  // namespace

void WiringChecks::coupling() const {
  const Plan& plan = draft.plan;
  // A source that can be read twice has a position for each pipeline, so that pipelines do not hold
  // each other; of any other one they share the records.
  std::map<std::size_t, std::set<std::size_t>> shared_sinks, shared_pipelines;  // by source
  for (std::size_t i = 0; i < graph.pipelines.size(); ++i) {
    const WiringGraph::Pipeline& here = graph.pipelines[i];
    if (here.entries.empty()) continue;
    std::set<std::size_t> sinks, seen;
    collect_waited_for(*this, i, sinks, seen);
    for (const WiringGraph::Entry& entry : here.entries) {
      if (plan.sources[entry.source].plugin->traits.replayable || sinks.empty()) continue;
      shared_sinks[entry.source].insert(sinks.begin(), sinks.end());
      shared_pipelines[entry.source].insert(i);
    }
    if (sinks.size() < 2) continue;
    std::vector<std::string> names;
    for (const std::size_t sink : sinks) names.push_back(plan.sinks[sink].name);
    const Plan::Source& source = plan.sources[here.entries.front().source];
    const std::string& last = names.back();
    diagnostics()
        .warning("W-coupled", draft.pipelines[i].to_where,
                 fmt::format("pipeline '{}' waits for all of {}: when one of them is down, source "
                             "'{}' stops for all",
                             plan.pipelines[i].name, fmt::join(names, ", "), source.name))
        .hint(
            source.plugin->traits.replayable
                ? fmt::format("let one lose records instead, `{{to: {}, when_full: drop_newest}}`, "
                              "or give it a pipeline "
                              "of its own",
                              last)
                : fmt::format("let one lose records instead: `{{to: {}, when_full: drop_newest}}`",
                              last));
  }
  for (const auto& [source, pipelines] : shared_pipelines) {
    if (pipelines.size() < 2 || shared_sinks[source].size() < 2) continue;
    std::vector<std::string> names, sinks;
    for (const std::size_t each : pipelines) names.push_back(plan.pipelines[each].name);
    for (const std::size_t each : shared_sinks[source]) sinks.push_back(plan.sinks[each].name);
    diagnostics()
        .warning("W-coupled", draft.sources[source].where,
                 fmt::format("source '{}' (type {}) cannot be read twice, so pipelines {} wait for "
                             "each other: any of "
                             "{} can stop it",
                             plan.sources[source].name, plan.sources[source].plugin->name,
                             fmt::join(names, ", "), fmt::join(sinks, ", ")))
        .hint("`when_full: drop_newest` on one of the pipelines lets it lose records instead");
  }
}

}  // namespace pipeline
