#include <fmt/format.h>

#include <algorithm>

#include "pipeline/config/nearest.h"
#include "pipeline/expr/names.h"
#include "pipeline/topology/wiring_graph.h"

namespace pipeline {
namespace {

// `journal.` of a source's traits admits every name below it, `file.path` only itself and, where
// its value has parts, those.
bool admits(std::string_view known, std::string_view name) {
  if (known.ends_with('.')) {
    const std::string_view stem = known.substr(0, known.size() - 1);
    return name.starts_with(stem) &&
           (name.size() == stem.size() || name[stem.size()] == '.' || name[stem.size()] == '[');
  }
  return name.starts_with(known) &&
         (name.size() == known.size() || name[known.size()] == '.' || name[known.size()] == '[');
}

bool admits_any(const std::vector<std::string>& known, std::string_view name) {
  return std::ranges::any_of(known, [&](const std::string& each) { return admits(each, name); });
}

// What every record of a signal has, whatever its source.
std::vector<std::string> general_names(Signals signals) {
  std::vector<std::string> names{"body",     "time",  "tenant", "signal", "source",
                                 "severity", "error", "label.", "meta.",  "host.name"};
  if (signals.has(Signal::metrics)) names.insert(names.end(), {"name", "value"});
  if (signals.has(Signal::traces))
    names.insert(names.end(), {"name", "duration", "status", "kind"});
  return names;
}

class NameCheck {
 public:
  NameCheck(const WiringChecks& checks, const std::set<std::size_t>& sources,
            const std::set<std::size_t>& upstream, Signals signals);

  void check(const std::vector<Usage::Name>& reads) const {
    for (const Usage::Name& read : reads) check(read);
  }

 private:
  void check(const Usage::Name& read) const;
  std::string others_with(std::string_view name) const;

  const WiringChecks& checks_;
  std::vector<std::string> known_;  // without `$`
  std::vector<std::string> types_;  // of the sources, each once
};

NameCheck::NameCheck(const WiringChecks& checks, const std::set<std::size_t>& sources,
                     const std::set<std::size_t>& upstream, Signals signals)
    : checks_(checks), known_(general_names(signals)) {
  for (const std::size_t source : sources) {
    const Registry::SourcePlugin& plugin = *checks.draft.plan.sources[source].plugin;
    known_.insert(known_.end(), plugin.traits.names.begin(), plugin.traits.names.end());
    if (std::ranges::find(types_, plugin.name) == types_.end()) types_.push_back(plugin.name);
  }
  for (const std::size_t pipeline : upstream) {
    for (const Draft::Transform& transform : checks.draft.pipelines[pipeline].transforms) {
      for (const Usage::Name& written : transform.usage.writes)
        if (written.name.starts_with('$')) known_.push_back(written.name.substr(1));
    }
  }
}

std::string NameCheck::others_with(std::string_view name) const {
  std::vector<std::string> types;
  for (const auto& plugin : checks_.registry.sources())
    if (admits_any(plugin->traits.names, name)) types.push_back(plugin->name);
  return types.empty() ? "" : one_of_text(types);
}

void NameCheck::check(const Usage::Name& read) const {
  if (!read.name.starts_with('$')) return;
  const std::string_view name = std::string_view(read.name).substr(1);
  if (admits_any(known_, name)) return;
  auto& error = checks_.diagnostics().error(
      "E0216", read.where,
      fmt::format("records here have no `{}`: their source is of type {}", read.name,
                  one_of_text(types_)));
  std::vector<std::string> candidates;
  for (const std::string& known : known_)
    candidates.push_back('$' + (known.ends_with('.') ? known.substr(0, known.size() - 1) : known));
  if (const std::string others = others_with(name); !others.empty()) {
    error.hint(fmt::format("sources of type {} have it", others));
  } else if (const auto near = nearest(read.name, candidates)) {
    error.hint(did_you_mean(*near));
  } else {
    std::string list;
    std::ranges::sort(candidates);
    candidates.erase(std::ranges::unique(candidates).begin(), candidates.end());
    for (const std::string& each : candidates) list += (list.empty() ? "" : " ") + each;
    error.hint("there are " + list + "; fields of the record have no `$`");
  }
}

}  // namespace

void WiringChecks::reads() const {
  std::vector<std::set<std::size_t>> sources(draft.sinks.size()), upstream(draft.sinks.size());
  std::vector<Signals> signals(draft.sinks.size());
  std::vector<bool> is_known(draft.sinks.size(), true);
  for (std::size_t i = 0; i < graph.pipelines.size(); ++i) {
    const WiringGraph::Pipeline& here = graph.pipelines[i];
    for (const WiringGraph::Target& target : here.targets) {
      if (!target.sink) continue;
      const std::size_t sink = *target.sink;
      sources[sink].insert(here.sources.begin(), here.sources.end());
      upstream[sink].insert(here.upstream.begin(), here.upstream.end());
      for (std::size_t k = 0; k < kSignals; ++k)
        if (here.signals.has(static_cast<Signal>(k))) signals[sink].add(static_cast<Signal>(k));
      if (!here.is_known) is_known[sink] = false;
    }
    if (!here.is_known || here.sources.empty()) continue;
    const NameCheck check(*this, here.sources, here.upstream, here.signals);
    for (const Draft::Transform& transform : draft.pipelines[i].transforms) {
      check.check(transform.usage.reads);
      check.check(transform.when_reads);
    }
    for (const Draft::Edge& edge : draft.pipelines[i].edges) check.check(edge.when_reads);
  }
  for (std::size_t i = 0; i < draft.sinks.size(); ++i) {
    if (!is_known[i] || sources[i].empty()) continue;
    NameCheck(*this, sources[i], upstream[i], signals[i]).check(draft.sinks[i].usage.reads);
  }
}

}  // namespace pipeline
