#include "pipeline/topology/wiring_graph.h"

#include <algorithm>
#include <functional>

namespace pipeline {
namespace {

template <class T>
std::optional<std::size_t> index_of(const std::vector<T>& all, const std::string& name) {
  const auto at = std::ranges::find(all, name, &T::name);
  if (at == all.end()) return std::nullopt;
  return static_cast<std::size_t>(at - all.begin());
}

Signals add(Signals to, Signals more) {
  for (std::size_t i = 0; i < kSignals; ++i)
    if (more.has(static_cast<Signal>(i))) to.add(static_cast<Signal>(i));
  return to;
}

}  // namespace

WiringGraph::WiringGraph(const Draft& draft) : pipelines(draft.plan.pipelines.size()) {
  const Plan& plan = draft.plan;
  for (std::size_t i = 0; i < pipelines.size(); ++i) {
    Pipeline& here = pipelines[i];
    const Plan::Pipeline& from_plan = plan.pipelines[i];
    here.is_known = draft.is_complete && draft.pipelines[i].is_complete;
    for (std::size_t k = 0; k < from_plan.from.size(); ++k) {
      const auto source = index_of(plan.sources, from_plan.from[k].source);
      if (!source || !draft.sources[*source].is_usable) {
        here.is_known = false;
        continue;
      }
      Entry entry{
          .from = k, .source = *source, .signals = plan.sources[*source].plugin->traits.signals};
      if (from_plan.from[k].signal) entry.signals = Signals{*from_plan.from[k].signal};
      here.entries.push_back(entry);
      here.sources.insert(*source);
      here.signals = add(here.signals, entry.signals);
    }
    for (std::size_t k = 0; k < from_plan.edges.size(); ++k) {
      Target target{
          .edge = k, .pipeline = index_of(plan.pipelines, from_plan.edges[k].to), .sink = {}};
      if (!target.pipeline) target.sink = index_of(plan.sinks, from_plan.edges[k].to);
      if (target.pipeline || target.sink) here.targets.push_back(target);
    }
  }
  for (std::size_t i = 0; i < pipelines.size(); ++i) {
    for (const std::size_t reached : downstream(i)) {
      Pipeline& there = pipelines[reached];
      there.upstream.insert(i);
      for (const Entry& entry : pipelines[i].entries) {
        there.sources.insert(entry.source);
        there.signals = add(there.signals, entry.signals);
      }
      there.is_known = there.is_known && draft.pipelines[i].is_complete;
      for (const Plan::From& from : plan.pipelines[i].from) {
        const auto source = index_of(plan.sources, from.source);
        if (!source || !draft.sources[*source].is_usable) there.is_known = false;
      }
    }
  }
}

std::vector<std::size_t> WiringGraph::downstream(std::size_t pipeline) const {
  std::vector<std::size_t> reached{pipeline};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const Target& target : pipelines[reached[i]].targets) {
      if (target.pipeline && std::ranges::find(reached, *target.pipeline) == reached.end())
        reached.push_back(*target.pipeline);
    }
  }
  return reached;
}

std::vector<std::vector<std::size_t>> WiringGraph::cycles() const {
  enum class Mark : std::uint8_t { unseen, open, done };
  std::vector<Mark> marks(pipelines.size(), Mark::unseen);
  std::vector<std::size_t> path;
  std::vector<std::vector<std::size_t>> found;
  // As deep as there are pipelines in a chain.
  const std::function<void(std::size_t)> visit = [&](std::size_t at) {
    marks[at] = Mark::open;
    path.push_back(at);
    for (const Target& target : pipelines[at].targets) {
      if (!target.pipeline) continue;
      if (marks[*target.pipeline] == Mark::unseen) {
        visit(*target.pipeline);
      } else if (marks[*target.pipeline] == Mark::open) {
        found.emplace_back(std::ranges::find(path, *target.pipeline), path.end());
      }
    }
    path.pop_back();
    marks[at] = Mark::done;
  };
  for (std::size_t i = 0; i < pipelines.size(); ++i)
    if (marks[i] == Mark::unseen) visit(i);
  return found;
}

}  // namespace pipeline
