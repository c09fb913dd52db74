#include <fmt/format.h>

#include <algorithm>

#include "pipeline/topology/wiring_graph.h"

namespace pipeline {
namespace {

// Looks, behind one transform, for a sink that ships the line as it was read.
class BodySearch {
 public:
  BodySearch(const WiringChecks& checks, const std::vector<Usage::Name>& written)
      : checks_(checks), written_(written) {}

  // From transform `first` of the pipeline on.
  void follow(std::size_t pipeline, std::size_t first);

  std::optional<std::size_t> sink;  // that ships the line
  bool is_read = false;             // something behind reads what was written

 private:
  void look_at(const std::vector<Usage::Name>& reads) {
    for (const Usage::Name& read : reads)
      is_read =
          is_read || std::ranges::find(written_, read.name, &Usage::Name::name) != written_.end();
  }

  const WiringChecks& checks_;
  const std::vector<Usage::Name>& written_;
  std::set<std::size_t> seen_;
};

void BodySearch::follow(std::size_t pipeline, std::size_t first) {
  const Draft::Pipeline& notes = checks_.draft.pipelines[pipeline];
  for (std::size_t i = first; i < notes.transforms.size(); ++i) {
    const Draft::Transform& transform = notes.transforms[i];
    look_at(transform.usage.reads);
    look_at(transform.when_reads);
    if (transform.usage.encodes_body) return;
  }
  for (const Draft::Edge& edge : notes.edges) look_at(edge.when_reads);
  for (const WiringGraph::Target& target : checks_.graph.pipelines[pipeline].targets) {
    if (target.pipeline) {
      if (seen_.insert(*target.pipeline).second) follow(*target.pipeline, 0);
      continue;
    }
    const Plan::Sink& plan = checks_.draft.plan.sinks[*target.sink];
    const Draft::Component& end = checks_.draft.sinks[*target.sink];
    if (!end.is_usable) continue;
    look_at(end.usage.reads);
    if (plan.plugin->traits.ships_body && !end.usage.encodes_body && !sink) sink = *target.sink;
  }
}

bool parses(const Draft::Pipeline& pipeline) {
  return std::ranges::any_of(pipeline.transforms,
                             [](const Draft::Transform& each) { return each.usage.parses_body; });
}

}  // namespace

void WiringChecks::bodies() const {
  for (std::size_t i = 0; i < graph.pipelines.size(); ++i) {
    bool is_parsed = false;
    for (const std::size_t before : graph.pipelines[i].upstream)
      is_parsed = is_parsed || (before != i && parses(draft.pipelines[before]));
    const Draft::Pipeline& notes = draft.pipelines[i];
    for (std::size_t k = 0; k < notes.transforms.size(); ++k) {
      const Draft::Transform& transform = notes.transforms[k];
      const std::string& type = draft.plan.pipelines[i].transforms[k].plugin->name;
      is_parsed = is_parsed || transform.usage.parses_body;
      if (transform.usage.parses_body || !is_parsed) continue;
      const auto field = std::ranges::find_if(transform.usage.writes, [](const Usage::Name& name) {
        return !name.name.starts_with('$');
      });
      if (field == transform.usage.writes.end()) continue;
      BodySearch search(*this, transform.usage.writes);
      search.follow(i, k + 1);
      // Made for a label or a condition behind it: then the line is not what it is for.
      if (search.is_read || !search.sink) continue;
      const Plan::Sink& sink = draft.plan.sinks[*search.sink];
      diagnostics()
          .warning(
              "W-body", field->where ? field->where : transform.where,
              fmt::format("'{}' changes field '{}', but sink '{}' ships the line as it was read",
                          type, field->name, sink.name))
          .hint("`- encode: json` behind it writes the fields back into the line");
    }
  }
}

}  // namespace pipeline
