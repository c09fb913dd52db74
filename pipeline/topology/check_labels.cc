#include <fmt/format.h>

#include <map>

#include "pipeline/topology/wiring_graph.h"

namespace pipeline {
namespace {

// Ways to reach a pipeline with different labels set that are followed. More than that, and the
// rest counts as labelled: a warning less, never a wrong error.
constexpr std::size_t kMaxStates = 10'000;
constexpr std::string_view kLabelPrefix = "$label.";

// What is known about the labels of records on one way through the pipelines.
struct Way {
  std::set<std::string> always;         // on every record
  std::set<std::string> sometimes;      // set where the record has a value
  std::set<std::string> conditionally;  // set where a transform's `when` holds
  std::vector<std::size_t> pipelines;
  std::size_t source = 0;
};

void apply(const std::vector<Usage::LabelUse>& labels, bool is_conditional, Way& way) {
  for (const Usage::LabelUse& label : labels) {
    std::set<std::string>& set = !label.always    ? way.sometimes
                                 : is_conditional ? way.conditionally
                                                  : way.always;
    set.insert(label.name);
  }
}

void apply(const Draft::Transform& transform, bool is_conditional, Way& way) {
  // A label that is changed by anything but a label-setter may be gone afterwards.
  for (const Usage::Name& written : transform.usage.writes) {
    if (!written.name.starts_with(kLabelPrefix)) continue;
    const std::string label = written.name.substr(kLabelPrefix.size());
    if (way.always.erase(label) > 0) way.sometimes.insert(label);
  }
  apply(transform.usage.labels, is_conditional, way);
}

class LabelProof {
 public:
  explicit LabelProof(const WiringChecks& checks) : checks_(checks) {}

  void follow(std::size_t pipeline, Way way);
  void report() const;

 private:
  void arrive(std::size_t sink, const Way& way);

  const WiringChecks& checks_;
  std::set<std::pair<std::size_t, std::set<std::string>>> seen_;
  std::map<std::size_t, Way> bare_;  // by sink: the first way without a label
};

void LabelProof::follow(std::size_t pipeline, Way way) {
  const Plan::Pipeline& plan = checks_.draft.plan.pipelines[pipeline];
  const Draft::Pipeline& notes = checks_.draft.pipelines[pipeline];
  if (!notes.is_complete || seen_.size() >= kMaxStates ||
      !seen_.emplace(pipeline, way.always).second)
    return;
  way.pipelines.push_back(pipeline);
  for (std::size_t i = 0; i < notes.transforms.size(); ++i)
    apply(notes.transforms[i], plan.transforms[i].when.has_value(), way);
  for (const WiringGraph::Target& target : checks_.graph.pipelines[pipeline].targets) {
    if (target.pipeline) {
      follow(*target.pipeline, way);
    } else {
      arrive(*target.sink, way);
    }
  }
}

void LabelProof::arrive(std::size_t sink, const Way& way) {
  const Plan::Sink& plan = checks_.draft.plan.sinks[sink];
  const Draft::Component& notes = checks_.draft.sinks[sink];
  if (!notes.is_usable || !plan.plugin->traits.needs_label) return;
  Way end = way;
  apply(notes.usage.labels, false, end);
  if (end.always.empty()) bare_.try_emplace(sink, std::move(end));
}

void LabelProof::report() const {
  const Draft& draft = checks_.draft;
  for (const auto& [sink, way] : bare_) {
    const Plan::Sink& plan = draft.plan.sinks[sink];
    std::string path = "source/" + draft.plan.sources[way.source].name;
    for (const std::size_t each : way.pipelines)
      path += " → pipeline/" + draft.plan.pipelines[each].name;
    path += " → sink/" + plan.name;
    auto& error = checks_.diagnostics().error(
        "E0209", draft.sinks[sink].where,
        fmt::format(
            "records can reach sink '{}' (type {}) without a label, and it takes none of those",
            plan.name, plan.plugin->name));
    error.note(draft.pipelines[way.pipelines.back()].to_where, "on this way: " + path);
    if (!way.sometimes.empty()) {
      const std::string& label = *way.sometimes.begin();
      error.hint(
          fmt::format("label '{}' is not set on every record; with a default it is: `labels: {{{}: "
                      "\"{{{}|none}}\"}}`",
                      label, label, label));
    }
    if (way.sometimes.empty() && !way.conditionally.empty())
      error.hint(fmt::format("label '{}' is set only where the `when` of its transform holds",
                             *way.conditionally.begin()));
    error.hint(
        "a constant label serves: `labels: {job: app}` on the sink, or `agent: {labels: {host: "
        "\"{$host.name}\"}}`");
  }
}

}  // namespace

void WiringChecks::labels() const {
  // A label that differs from record to record is an error of its own, and stands for one here.
  if (!draft.plan.agent.labels.empty() || draft.agent_labels_are_broken) return;
  LabelProof proof(*this);
  for (std::size_t i = 0; i < graph.pipelines.size(); ++i) {
    for (const WiringGraph::Entry& entry : graph.pipelines[i].entries) {
      if (!entry.signals.has(Signal::logs)) continue;
      Way way;
      way.source = entry.source;
      apply(draft.sources[entry.source].usage.labels, false, way);
      proof.follow(i, std::move(way));
    }
  }
  proof.report();
}

}  // namespace pipeline
