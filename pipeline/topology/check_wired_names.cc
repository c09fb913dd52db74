#include <fmt/format.h>

#include <algorithm>

#include "pipeline/config/nearest.h"
#include "pipeline/topology/wiring_graph.h"

namespace pipeline {
namespace {

template <class T>
std::vector<std::string> names_of(const std::vector<T>& all) {
  std::vector<std::string> names;
  for (const T& each : all) names.push_back(each.name);
  return names;
}

// What was most probably meant: the nearest name, the only one that begins as the word does (or the
// other way round: `ap`), or the only one there is.
std::optional<std::string> meant(const std::string& word, const std::vector<std::string>& known) {
  if (auto near = nearest(word, known)) return near;
  std::vector<std::string> similar;
  for (const std::string& each : known)
    if (each.starts_with(word) || word.starts_with(each)) similar.push_back(each);
  if (similar.size() == 1) return similar.front();
  if (known.size() == 1) return known.front();
  return std::nullopt;
}

void unknown_source(const WiringChecks& checks, const Plan::Pipeline& in, const Plan::From& from,
                    const Location& where) {
  const Plan& plan = checks.draft.plan;
  auto& error = checks.diagnostics().error("E0201", where,
                                           fmt::format("there is no source '{}'", from.source));
  const std::vector<std::string> known = names_of(plan.sources);
  if (const Plan::Pipeline* pipeline = plan.pipeline(from.source);
      pipeline != nullptr && pipeline->name != in.name) {
    error.note(pipeline->where, fmt::format("'{}' is a pipeline", from.source))
        .hint(fmt::format("a pipeline leads to the next one: `to: [...]` in '{}'", from.source));
  } else if (const Plan::Sink* sink = plan.sink(from.source)) {
    error.note(sink->where, fmt::format("'{}' is a sink", from.source))
        .hint("sinks stand in `to:`");
  } else if (const auto near = meant(from.source, known)) {
    error.hint(did_you_mean(*near));
  } else if (known.empty()) {
    error.hint(fmt::format("write `sources: {{{}: {{type: ...}}}}`", from.source));
  } else {
    error.hint("sources here: " + one_of_text(known));
  }
}

void unknown_target(const WiringChecks& checks, const Plan::Pipeline& in, const std::string& name,
                    const Location& where) {
  const Plan& plan = checks.draft.plan;
  auto& error = checks.diagnostics().error("E0201", where,
                                           fmt::format("there is no sink or pipeline '{}'", name));
  std::vector<std::string> known = names_of(plan.sinks);
  for (const Plan::Pipeline& pipeline : plan.pipelines)
    if (pipeline.name != in.name) known.push_back(pipeline.name);
  if (const Plan::Source* source = plan.source(name)) {
    error.note(source->where, fmt::format("'{}' is a source", name))
        .hint("sources stand in `from:`");
  } else if (const auto near = meant(name, known)) {
    error.hint(did_you_mean(*near));
  } else if (plan.sinks.empty()) {
    error.hint(fmt::format("write `sinks: {{{}: {{type: ...}}}}`", name));
  } else {
    error.hint("sinks here: " + one_of_text(names_of(plan.sinks)));
  }
}

void check_ends(const WiringChecks& checks, std::size_t index, bool is_target) {
  const Plan::Pipeline& pipeline = checks.draft.plan.pipelines[index];
  const Draft::Pipeline& notes = checks.draft.pipelines[index];
  if (!notes.has_from && !is_target && checks.draft.is_complete) {
    checks.diagnostics()
        .error("E0206", notes.where,
               fmt::format(
                   "nothing reaches pipeline '{}': it has no `from`, and no pipeline leads to it",
                   pipeline.name))
        .hint(fmt::format("write `from: [SOURCE]` here, or `to: [{}]` in another pipeline",
                          pipeline.name));
  }
  if (!notes.has_to) {
    checks.diagnostics()
        .error("E0205", notes.where, fmt::format("pipeline '{}' leads nowhere", pipeline.name))
        .hint("write `to: [SINK]`; a sink of type blackhole drops what it gets");
  }
  const bool all_have_when = !pipeline.edges.empty() && notes.is_complete &&
                             std::ranges::all_of(pipeline.edges, [](const Plan::Edge& edge) {
                               return edge.when && !edge.is_else;
                             });
  if (all_have_when) {
    checks.diagnostics()
        .warning("W-no-route", notes.to_where,
                 fmt::format("records of pipeline '{}' that no `when` takes are dropped (no_route)",
                             pipeline.name))
        .hint(
            "`{to: NAME, else: true}` takes them; a sink of type blackhole says that they are "
            "meant to go");
  }
}

// Names that components are called by, and whether all of them are known.
struct References {
  std::set<std::string> sources, targets;
  bool has_unknown_source = false;
  bool has_unknown_target = false;
};

References check_references(const WiringChecks& checks) {
  const Plan& plan = checks.draft.plan;
  References found;
  for (std::size_t i = 0; i < plan.pipelines.size(); ++i) {
    const Plan::Pipeline& pipeline = plan.pipelines[i];
    const Draft::Pipeline& notes = checks.draft.pipelines[i];
    for (std::size_t k = 0; k < pipeline.from.size(); ++k) {
      found.sources.insert(pipeline.from[k].source);
      if (!checks.draft.is_complete || plan.source(pipeline.from[k].source) != nullptr) continue;
      found.has_unknown_source = true;
      unknown_source(checks, pipeline, pipeline.from[k], notes.from[k]);
    }
    for (std::size_t k = 0; k < pipeline.edges.size(); ++k) {
      const std::string& to = pipeline.edges[k].to;
      found.targets.insert(to);
      if (!checks.draft.is_complete || plan.pipeline(to) != nullptr || plan.sink(to) != nullptr)
        continue;
      found.has_unknown_target = true;
      unknown_target(checks, pipeline, to, notes.edges[k].where);
    }
  }
  return found;
}

void check_cycles(const WiringChecks& checks) {
  for (const std::vector<std::size_t>& cycle : checks.graph.cycles()) {
    const auto& pipelines = checks.draft.plan.pipelines;
    std::string path;
    for (const std::size_t each : cycle) path += pipelines[each].name + " → ";
    path += pipelines[cycle.front()].name;
    checks.diagnostics()
        .error("E0207", checks.draft.pipelines[cycle.front()].to_where,
               fmt::format("pipelines lead around in a circle: {}", path))
        .hint("a record would never arrive: leave out one of these edges");
  }
}

// Only where everything else is known: what could not be read may be what uses it.
void warn_of_unused(const WiringChecks& checks, const References& used) {
  const Plan& plan = checks.draft.plan;
  for (const Plan::Source& source : plan.sources) {
    if (used.has_unknown_source || used.sources.contains(source.name)) continue;
    checks.diagnostics()
        .warning("W-unused", source.where,
                 fmt::format("no pipeline reads source '{}', so it does not run", source.name))
        .hint(fmt::format("`from: [{}]` in a pipeline does", source.name));
  }
  for (const Plan::Sink& sink : plan.sinks) {
    if (used.has_unknown_target || used.targets.contains(sink.name) ||
        plan.pipeline(sink.name) != nullptr)
      continue;
    checks.diagnostics()
        .warning("W-unused", sink.where, fmt::format("no pipeline leads to sink '{}'", sink.name))
        .hint(fmt::format("`to: [{}]` in a pipeline does", sink.name));
  }
}

}  // namespace

void WiringChecks::names() const {
  const Plan& plan = draft.plan;
  for (const Plan::Sink& sink : plan.sinks) {
    if (const Plan::Pipeline* pipeline = plan.pipeline(sink.name))
      diagnostics()
          .error("E0208", sink.where,
                 fmt::format("'{}' is the name of a pipeline and of a sink", sink.name))
          .note(pipeline->where, "the pipeline")
          .hint("`to:` names both, so their names are unique");
  }
  const References used = check_references(*this);
  for (std::size_t i = 0; i < plan.pipelines.size(); ++i)
    check_ends(*this, i, used.targets.contains(plan.pipelines[i].name));
  check_cycles(*this);
  if (draft.is_complete && !plan.pipelines.empty() &&
      std::ranges::all_of(draft.pipelines, &Draft::Pipeline::is_complete))
    warn_of_unused(*this, used);
}

}  // namespace pipeline
