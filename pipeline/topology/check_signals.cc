#include <fmt/format.h>

#include "pipeline/config/nearest.h"
#include "pipeline/topology/wiring_graph.h"

namespace pipeline {
namespace {

std::string text_of(Signals signals) {
  std::string text;
  for (std::size_t i = 0; i < kSignals; ++i) {
    if (!signals.has(static_cast<Signal>(i))) continue;
    if (!text.empty()) text += " and ";
    text += name_of(static_cast<Signal>(i));
  }
  return text.empty() ? "nothing" : text;
}

// The first component behind a pipeline that cannot take a signal.
struct Obstacle {
  std::string text;  // "transform 'json'"
  Signals takes;
  Location where;
};

std::optional<Obstacle> find_obstacle(const WiringChecks& checks, std::size_t root, Signal signal) {
  const Draft& draft = checks.draft;
  for (const std::size_t index : checks.graph.downstream(root)) {
    const Plan::Pipeline& pipeline = draft.plan.pipelines[index];
    for (std::size_t i = 0; i < pipeline.transforms.size(); ++i) {
      const Registry::TransformPlugin& plugin = *pipeline.transforms[i].plugin;
      if (!plugin.traits.signals.has(signal))
        return Obstacle{fmt::format("transform '{}'", plugin.name), plugin.traits.signals,
                        draft.pipelines[index].transforms[i].where};
    }
    for (const WiringGraph::Target& target : checks.graph.pipelines[index].targets) {
      if (!target.sink || draft.plan.sinks[*target.sink].plugin == nullptr) continue;
      const Plan::Sink& sink = draft.plan.sinks[*target.sink];
      if (!sink.plugin->traits.signals.has(signal))
        return Obstacle{fmt::format("sink '{}' (type {})", sink.name, sink.plugin->name),
                        sink.plugin->traits.signals, sink.where};
    }
  }
  return std::nullopt;
}

}  // namespace

void WiringChecks::signals() const {
  for (std::size_t i = 0; i < graph.pipelines.size(); ++i) {
    for (const WiringGraph::Entry& entry : graph.pipelines[i].entries) {
      const Plan::Source& source = draft.plan.sources[entry.source];
      const Location& where = draft.pipelines[i].from[entry.from];
      const Signals all = source.plugin->traits.signals;
      Signals fitting;
      std::vector<std::pair<Signal, Obstacle>> wrong;
      for (std::size_t k = 0; k < kSignals; ++k) {
        const auto signal = static_cast<Signal>(k);
        if (!entry.signals.has(signal)) continue;
        if (!all.has(signal)) {
          diagnostics()
              .error("E0204", where,
                     fmt::format("source '{}' (type {}) has no {}, only {}", source.name,
                                 source.plugin->name, name_of(signal), text_of(all)))
              .hint(fmt::format("write `from: [{}]`", source.name));
        } else if (auto obstacle = find_obstacle(*this, i, signal)) {
          wrong.emplace_back(signal, std::move(*obstacle));
        } else {
          fitting.add(signal);
        }
      }
      for (const auto& [signal, obstacle] : wrong) {
        auto& error = diagnostics().error(
            "E0204", where,
            fmt::format("source '{}' brings {}, but {} takes only {}", source.name, name_of(signal),
                        obstacle.text, text_of(obstacle.takes)));
        error.note(obstacle.where, fmt::format("this is where {} cannot pass", name_of(signal)));
        std::vector<std::string> suggested;
        for (std::size_t k = 0; k < kSignals; ++k)
          if (fitting.has(static_cast<Signal>(k)))
            suggested.push_back(source.name + '.' + std::string(name_of(static_cast<Signal>(k))));
        if (!suggested.empty())
          error.hint(fmt::format("write `from: [{}]`", fmt::join(suggested, ", ")));
      }
    }
  }
}

}  // namespace pipeline
