#include "pipeline/topology/plan.h"

#include <algorithm>

namespace pipeline {
namespace {

template <class T>
const T* find_by_name(const std::vector<T>& all, std::string_view name) {
  for (const T& each : all)
    if (each.name == name) return &each;
  return nullptr;
}

}  // namespace

const Plan::Source* Plan::source(std::string_view name) const { return find_by_name(sources, name); }
const Plan::Pipeline* Plan::pipeline(std::string_view name) const {
  return find_by_name(pipelines, name);
}
const Plan::Sink* Plan::sink(std::string_view name) const { return find_by_name(sinks, name); }

Plan::Closure Plan::closure(const Pipeline& root) const {
  Closure reached;
  reached.pipelines.push_back(&root);
  for (std::size_t i = 0; i < reached.pipelines.size(); ++i) {
    for (const Edge& edge : reached.pipelines[i]->edges) {
      if (const Pipeline* next = pipeline(edge.to)) {
        if (std::ranges::find(reached.pipelines, next) == reached.pipelines.end())
          reached.pipelines.push_back(next);
      } else if (const Sink* end = sink(edge.to)) {
        if (std::ranges::find(reached.sinks, end) == reached.sinks.end()) reached.sinks.push_back(end);
      }
    }
  }
  return reached;
}

std::string Plan::canonical_closure(const Pipeline& root) const {
  const Closure reached = closure(root);
  std::string text;
  for (const Pipeline* each : reached.pipelines) text += each->canonical + '\n';
  for (const Sink* each : reached.sinks) text += each->name + '=' + each->canonical_encoding + '\n';
  for (const Label& label : agent.labels) text += label.name + '=' + label.value + '\n';
  text += std::to_string(agent.lanes);
  return text;
}

}  // namespace pipeline
