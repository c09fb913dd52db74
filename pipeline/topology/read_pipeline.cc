#include "pipeline/topology/read_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "pipeline/config/nearest.h"

namespace pipeline {
namespace {

Schema<PipelineSettings> make_pipeline_schema() {
  Schema<PipelineSettings> schema("pipeline",
                                  "Takes records from sources, through transforms, to sinks.");
  schema.field(
      "from", &PipelineSettings::from,
      "Names of sources; `otlp.logs` takes one signal of a source. May be left out when another "
      "pipeline leads here.");
  schema.field("transforms", &PipelineSettings::transforms, "Transforms, from top to bottom.");
  schema.field("to", &PipelineSettings::to,
               "Names of sinks or pipelines, or edges `{to: NAME, when: EXPR, when_full: ...}` and "
               "`{to: NAME, else: true}`.");
  schema.field("when_full", &PipelineSettings::when_full,
               "What happens when a sink cannot keep up: wait, or drop records, counted.");
  return schema;
}

Schema<EdgeSettings> make_edge_schema() {
  Schema<EdgeSettings> schema("edge", "Where records go at the end of a pipeline.");
  schema.field("to", &EdgeSettings::to, "Name of a sink or a pipeline.",
               {.required = true, .non_empty = true});
  schema.field("when", &EdgeSettings::when, "Only records for which this expression holds.");
  schema.field("else", &EdgeSettings::is_else, "Records that no `when` of the pipeline took.");
  schema.field("when_full", &EdgeSettings::when_full, "Overrides the pipeline's `when_full`.");
  return schema;
}

class PipelineReader {
 public:
  PipelineReader(const Node::Entry& entry, DecodeContext& context, const Draft& draft)
      : entry_(entry),
        draft_(draft),
        context_(context),
        subject_(fmt::format("pipeline '{}'", entry.key)) {
    plan_.name = entry.key;
    plan_.where = entry.key_where;
    notes_.where = entry.key_where;
    notes_.to_where = entry.key_where;
  }

  void read(TransformReader& transforms);
  void put_into(Draft& draft) && {
    draft.plan.pipelines.push_back(std::move(plan_));
    draft.pipelines.push_back(std::move(notes_));
  }

 private:
  void from(const Node& node);
  void add_transforms(TransformList list);
  void to(const Node& node);
  void edge(const Node& node);
  void check_edges();
  Diagnostic& error(std::string_view code, const Location& where, std::string message) {
    notes_.is_complete = false;
    return context_.diagnostics().error(code, where, std::move(message));
  }

  const Node::Entry& entry_;
  const Draft& draft_;  // of which the sources are used
  DecodeContext& context_;
  std::string subject_;
  Plan::Pipeline plan_;
  Draft::Pipeline notes_;
  std::string transforms_text_;
};

void PipelineReader::from(const Node& node) {
  notes_.has_from = !node.is_null();
  const auto one = [&](const Node& item) {
    if (!item.is_scalar()) {
      error(
          "E0218", item.where,
          fmt::format("`from` of {} holds names of sources, not {}", subject_, name_of(item.kind)))
          .hint("write `from: [app]`");
      return;
    }
    const auto used = context_.text(item, "the name of a source");
    if (!used) {
      notes_.is_complete = false;
      return;
    }
    Plan::From from{.source = used->text, .signal = std::nullopt};
    const std::size_t dot = from.source.rfind('.');
    // A source whose own name has a dot has been told so.
    if (dot != std::string::npos && draft_.plan.source(from.source) == nullptr) {
      const std::string word = from.source.substr(dot + 1);
      from.source.resize(dot);
      std::vector<std::string> words;
      for (std::size_t i = 0; i < kSignals; ++i) {
        words.emplace_back(name_of(static_cast<Signal>(i)));
        if (words.back() == word) from.signal = static_cast<Signal>(i);
      }
      if (!from.signal) {
        auto& problem = error("E0204", item.where, fmt::format("'{}' is no signal", word));
        const auto near = nearest(word, words);
        problem.hint(near ? did_you_mean(from.source + '.' + *near)
                          : "signals are " + one_of_text(words));
        return;
      }
    }
    plan_.from.push_back(std::move(from));
    notes_.from.push_back(item.where);
  };
  if (node.is_sequence()) {
    for (const Node& item : node.items) one(item);
    if (node.items.empty()) notes_.has_from = false;
  } else if (!node.is_null()) {
    one(node);
  }
}

void PipelineReader::add_transforms(TransformList list) {
  notes_.is_complete = notes_.is_complete && list.is_complete;
  // Names that the user gave are kept; the others are numbered around them.
  std::map<std::string, Location> taken;
  for (const TransformItem& item : list.items) {
    if (!item.is_named) continue;
    const auto [at, is_new] = taken.try_emplace(item.name, item.notes.where);
    if (!is_new)
      error("E0208", item.notes.where,
            fmt::format("two transforms of {} are called '{}'", subject_, item.name))
          .note(at->second, "the first one")
          .hint("names of transforms are unique within their pipeline");
  }
  for (TransformItem& item : list.items) {
    std::string name = item.name;
    for (int number = 2; !item.is_named && !taken.try_emplace(name, item.notes.where).second;
         ++number)
      name = fmt::format("{}.{}", item.name, number);
    item.transform.id = fmt::format("pipeline/{}/{}", plan_.name, name);
    transforms_text_ += item.transform.id + '=' + item.canonical + '\n';
    plan_.transforms.push_back(std::move(item.transform));
    notes_.transforms.push_back(std::move(item.notes));
  }
}

void PipelineReader::edge(const Node& node) {
  Plan::Edge plan;
  Draft::Edge notes{.where = node.where, .when_reads = {}};
  if (node.is_scalar()) {
    const auto used = context_.text(node, "the name of a sink or a pipeline");
    if (!used) {
      notes_.is_complete = false;
      return;
    }
    plan.to = used->text;
  } else if (node.is_mapping()) {
    const auto scope = context_.component(fmt::format("an edge of {}", subject_), {}, node.where);
    EdgeSettings settings;
    bool ok = edge_schema().decode(node, settings, context_);
    if (const Node* when = node.find("when")) {
      const auto option = context_.option("when", node.entry("when")->key_where);
      ok = read_condition(*when, context_, plan.when, notes.when_reads) && ok;
    }
    if (!ok) notes_.is_complete = false;
    if (settings.to.empty()) return;
    plan.to = settings.to;
    plan.is_else = settings.is_else;
    plan.when_full = settings.when_full;
    notes.where = node.find("to")->where;
    if (plan.is_else && node.find("when") != nullptr)
      error("E0218", node.entry("else")->key_where, "an edge has `when` or `else`, not both")
          .hint("`else` gets what no `when` took");
  } else {
    error("E0218", node.where,
          fmt::format("`to` of {} holds names and edges, not {}", subject_, name_of(node.kind)))
        .hint("write `to: [loki]` or `to: [{to: loki, when: 'EXPR'}]`");
    return;
  }
  plan_.edges.push_back(std::move(plan));
  notes_.edges.push_back(std::move(notes));
}

void PipelineReader::to(const Node& node) {
  if (node.is_null()) return;
  if (!node.is_sequence()) {
    notes_.has_to = true;
    edge(node);
    return;
  }
  notes_.has_to = !node.items.empty();
  for (const Node& item : node.items) edge(item);
  check_edges();
}

void PipelineReader::check_edges() {
  const Draft::Edge* first_else = nullptr;
  std::map<std::string, const Draft::Edge*> unconditional;
  for (std::size_t i = 0; i < plan_.edges.size(); ++i) {
    const Plan::Edge& edge = plan_.edges[i];
    const Draft::Edge& notes = notes_.edges[i];
    if (edge.is_else) {
      if (first_else != nullptr) {
        error("E0218", notes.where, fmt::format("{} has two `else` edges", subject_))
            .note(first_else->where, "the first one")
            .hint(
                "give records to both through a pipeline of its own: `{to: PIPELINE, else: true}`");
      } else {
        first_else = &notes;
      }
    } else if (!edge.when) {
      const auto [at, is_new] = unconditional.try_emplace(edge.to, &notes);
      if (!is_new)
        error("E0218", notes.where, fmt::format("{} leads to '{}' twice", subject_, edge.to))
            .note(at->second->where, "the first time")
            .hint("every record would be delivered twice");
    }
  }
}

void PipelineReader::read(TransformReader& transforms) {
  const auto scope = context_.component(subject_, {}, entry_.key_where);
  PipelineSettings settings;
  if (!pipeline_schema().decode(entry_.value, settings, context_)) notes_.is_complete = false;
  plan_.when_full = settings.when_full;
  if (!entry_.value.is_mapping() && !entry_.value.is_null()) {
    // Said already; what is absent is not worth another word.
    notes_.has_from = notes_.has_to = true;
    return;
  }
  // From the map itself, so that one broken option hides none of the others.
  static const Node kNothing;
  const auto part = [&](std::string_view key) -> const Node& {
    const Node* found = entry_.value.find(key);
    return found != nullptr ? *found : kNothing;
  };
  from(part("from"));
  add_transforms(transforms.read(part("transforms"), subject_));
  if (const Node::Entry* to_entry = entry_.value.entry("to")) notes_.to_where = to_entry->key_where;
  to(part("to"));
  // A key that nobody knows may be what `from` or `to` is called elsewhere.
  const bool has_unknown = std::ranges::any_of(entry_.value.entries, [](const Node::Entry& each) {
    return pipeline_schema().view()->find(each.key) == nullptr;
  });
  if (has_unknown) notes_.has_from = notes_.has_to = true;

  std::string& text = plan_.canonical;
  text = plan_.name + "\nfrom ";
  for (const Plan::From& each : plan_.from)
    text += each.source + (each.signal ? '.' + std::string(name_of(*each.signal)) : "") + ' ';
  text += '\n' + transforms_text_;
  for (const Plan::Edge& each : plan_.edges) {
    text += fmt::format("to {}{} when_full={} when={}\n", each.to, each.is_else ? " else" : "",
                        enum_name(each.when_full.value_or(plan_.when_full)),
                        each.when ? each.when->text() : "");
  }
}

}  // namespace

const Schema<PipelineSettings>& pipeline_schema() {
  static const Schema<PipelineSettings> schema = make_pipeline_schema();
  return schema;
}

const Schema<EdgeSettings>& edge_schema() {
  static const Schema<EdgeSettings> schema = make_edge_schema();
  return schema;
}

void read_pipeline(const Node::Entry& entry, TransformReader& transforms, DecodeContext& context,
                   Draft& draft) {
  if (!is_component_name(entry.key))
    context.diagnostics()
        .error("E0211", entry.key_where,
               fmt::format("'{}' cannot be the name of a pipeline", entry.key))
        .hint("names have letters, digits, `_` and `-`, and begin with a letter or `_`");
  PipelineReader reader(entry, context, draft);
  reader.read(transforms);
  std::move(reader).put_into(draft);
}

}  // namespace pipeline
