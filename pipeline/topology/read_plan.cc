#include "pipeline/topology/read_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/config/nearest.h"
#include "pipeline/topology/component_text.h"
#include "pipeline/topology/read_agent.h"
#include "pipeline/topology/read_pipeline.h"
#include "pipeline/topology/try_make.h"
#include "pipeline/topology/usage_places.h"
#include "pipeline/topology/wiring.h"

namespace pipeline {
namespace {

void describe(const Registry::Plugin& plugin, const Registry::AnyConfig& config,
              const Node::Entry& entry, Draft::Component& notes) {
  plugin.describe(config, notes.usage);
  fill_places(notes.usage, entry.value, entry.key_where);
}

class PlanReader {
 public:
  PlanReader(const Node& root, const Registry& registry, DecodeContext& context,
             const ReadOptions& options)
      : root_(root), registry_(registry), context_(context), options_(options) {}

  std::optional<Plan> read();

 private:
  // Null when there is none; load() has complained about anything but a map.
  const Node* section(std::string_view name) const;
  Node with_agent_defaults(const Node& options, const SchemaView& schema) const;
  void read_sources();
  void read_sinks();
  void read_pipelines();
  void check_name(const Node::Entry& entry, std::string_view kind);
  // Of a source's or sink's `type`; null after an error.
  template <class Plugin>
  const Plugin* plugin_of(const Node::Entry& entry, std::string_view kind,
                          const Plugin* (Registry::*find)(std::string_view) const);
  void unknown_type(const Node& where, const std::string& type, std::string_view kind);
  std::vector<std::string> types_of(std::string_view kind) const;
  Diagnostics& diagnostics() { return context_.diagnostics(); }

  const Node& root_;
  const Registry& registry_;
  DecodeContext& context_;
  const ReadOptions& options_;
  Draft draft_;
};

const Node* PlanReader::section(std::string_view name) const {
  const Node* node = root_.find(name);
  return node != nullptr && node->is_mapping() ? node : nullptr;
}

void PlanReader::check_name(const Node::Entry& entry, std::string_view kind) {
  if (is_component_name(entry.key)) return;
  diagnostics()
      .error("E0211", entry.key_where,
             fmt::format("'{}' cannot be the name of a {}", entry.key, kind))
      .hint("names have letters, digits, `_` and `-`, and begin with a letter or `_`");
}

std::vector<std::string> PlanReader::types_of(std::string_view kind) const {
  std::vector<std::string> names;
  if (kind == "source") {
    for (const auto& plugin : registry_.sources()) names.push_back(plugin->name);
  } else {
    for (const auto& plugin : registry_.sinks()) names.push_back(plugin->name);
  }
  std::ranges::sort(names);
  return names;
}

void PlanReader::unknown_type(const Node& where, const std::string& type, std::string_view kind) {
  const std::vector<std::string> types = types_of(kind);
  auto& error = diagnostics().error("E0202", where.where,
                                    fmt::format("there is no {} of type '{}'", kind, type));
  if (const auto near = nearest(type, types)) {
    error.hint(did_you_mean(*near));
  } else if (kind == "source" && registry_.sink(type) != nullptr) {
    error.hint(fmt::format("'{}' is a type of sink", type));
  } else if (kind == "sink" && registry_.source(type) != nullptr) {
    error.hint(fmt::format("'{}' is a type of source", type));
  } else if (registry_.transform(type) != nullptr) {
    error.hint(fmt::format("'{}' is a transform: it stands in a pipeline's `transforms:`", type));
  } else {
    error.hint(fmt::format("`sluice plugins` lists the types of {}s", kind));
  }
}

template <class Plugin>
const Plugin* PlanReader::plugin_of(const Node::Entry& entry, std::string_view kind,
                                    const Plugin* (Registry::*find)(std::string_view) const) {
  const Node& node = entry.value;
  if (!node.is_mapping()) {
    diagnostics()
        .error(
            "E0103", node.where ? node.where : entry.key_where,
            fmt::format("{} '{}' is {}, not a map of options", kind, entry.key, name_of(node.kind)))
        .hint(fmt::format("write `{}: {{type: ...}}`", entry.key));
    return nullptr;
  }
  const Node* type = node.find("type");
  if (type == nullptr || type->is_null()) {
    const std::vector<std::string> types = types_of(kind);
    auto& error = diagnostics().error("E0203", entry.key_where,
                                      fmt::format("{} '{}' has no type", kind, entry.key));
    if (std::ranges::find(types, entry.key) != types.end()) {
      error.hint(fmt::format("write `type: {}`", entry.key));
    } else {
      error.hint(fmt::format("`sluice plugins` lists the types of {}s", kind));
    }
    return nullptr;
  }
  const auto used = context_.text(*type, fmt::format("a type of {}", kind));
  if (!used || used->has_placeholder) return nullptr;
  const Plugin* plugin = (registry_.*find)(used->text);
  if (plugin == nullptr) unknown_type(*type, used->text, kind);
  return plugin;
}

// `agent.exclude_self` is the default of the sources' option of that name.
Node PlanReader::with_agent_defaults(const Node& options, const SchemaView& schema) const {
  constexpr std::string_view kExcludeSelf = "exclude_self";
  Node completed = options;
  if (draft_.plan.agent.exclude_self || !options.is_mapping()) return completed;
  if (schema.find(kExcludeSelf) != nullptr && options.find(kExcludeSelf) == nullptr)
    completed.entries.push_back({.key = std::string(kExcludeSelf),
                                 .key_where = options.where,
                                 .value = Node::scalar("false", options.where)});
  return completed;
}

void PlanReader::read_sources() {
  const Node* all = section("sources");
  if (all == nullptr) return;
  for (const Node::Entry& entry : all->entries) {
    check_name(entry, "source");
    Plan::Source source;
    source.name = entry.key;
    source.where = entry.key_where;
    Draft::Component notes;
    notes.where = entry.key_where;
    notes.has_variables = has_variables(entry.value);
    {
      const auto unknown =
          context_.component(fmt::format("source '{}'", entry.key), {}, entry.key_where);
      source.plugin = plugin_of(entry, "source", &Registry::source);
    }
    if (source.plugin != nullptr) {
      const auto scope =
          context_.component(fmt::format("source '{}' (type {})", entry.key, source.plugin->name),
                             {"type", "was"}, entry.key_where, source.plugin->name);
      bool ok = true;
      if (const Node* was = entry.value.find("was")) {
        ok = Decode<std::string>::decode(*was, source.was, context_);
        if (ok && source.was == source.name) {
          ok = false;
          diagnostics().error("E0211", was->where,
                              "`was` is the name that the source had before, not its own");
        }
      }
      const Node options = with_agent_defaults(entry.value, *source.plugin->schema);
      source.config = source.plugin->decode(options, context_);
      if (source.config != nullptr) describe(*source.plugin, source.config, entry, notes);
      notes.is_usable = ok && source.config != nullptr;
      source.canonical = component_text(options, *source.plugin->schema, context_.substitution());
    }
    draft_.plan.sources.push_back(std::move(source));
    draft_.sources.push_back(std::move(notes));
  }
}

void PlanReader::read_sinks() {
  const Node* all = section("sinks");
  if (all == nullptr) return;
  for (const Node::Entry& entry : all->entries) {
    check_name(entry, "sink");
    Plan::Sink sink;
    sink.name = entry.key;
    sink.where = entry.key_where;
    Draft::Component notes;
    notes.where = entry.key_where;
    notes.has_variables = has_variables(entry.value);
    {
      const auto unknown =
          context_.component(fmt::format("sink '{}'", entry.key), {}, entry.key_where);
      sink.plugin = plugin_of(entry, "sink", &Registry::sink);
    }
    if (sink.plugin != nullptr) {
      const auto scope =
          context_.component(fmt::format("sink '{}' (type {})", entry.key, sink.plugin->name),
                             {"type"}, entry.key_where, sink.plugin->name);
      sink.config = sink.plugin->decode(entry.value, context_);
      if (sink.config != nullptr) describe(*sink.plugin, sink.config, entry, notes);
      notes.is_usable = sink.config != nullptr;
      sink.canonical = component_text(entry.value, *sink.plugin->schema, context_.substitution());
      sink.canonical_encoding =
          component_text(entry.value, *sink.plugin->schema, context_.substitution(),
                         sink.plugin->traits.transport_options);
    }
    draft_.plan.sinks.push_back(std::move(sink));
    draft_.sinks.push_back(std::move(notes));
  }
}

void PlanReader::read_pipelines() {
  const Node* groups = section("groups");
  TransformReader transforms(registry_, context_, groups);
  transforms.read_groups();
  const Node* all = section("pipelines");
  if (all != nullptr)
    for (const Node::Entry& entry : all->entries)
      read_pipeline(entry, transforms, context_, draft_);
  if (draft_.plan.pipelines.empty() && options_.is_complete) {
    diagnostics()
        .error("E0222", all != nullptr ? all->where : root_.where,
               "there is no pipeline, so nothing would be read")
        .hint("write `pipelines: {app: {from: [SOURCE], to: [SINK]}}`");
  }
  // What could not be read may use them.
  if (options_.is_complete) transforms.warn_of_unused_groups();
}

std::optional<Plan> PlanReader::read() {
  draft_.is_complete = options_.is_complete;
  read_agent(section("agent"), options_.resources, options_.host_name, context_, draft_);
  read_sources();
  read_sinks();
  read_pipelines();
  check_wiring(draft_, registry_, context_);
  if (options_.make_components) try_make(draft_, context_);
  if (diagnostics().has_errors()) return std::nullopt;
  return std::move(draft_.plan);
}

}  // namespace

std::optional<Plan> read_plan(const Node& root, const Registry& registry, DecodeContext& context,
                              const ReadOptions& options) {
  return PlanReader(root, registry, context, options).read();
}

Configuration read_configuration(const LoadOptions& load_options, const Registry& registry,
                                 Substitution& substitution, Diagnostics& diagnostics,
                                 ReadOptions options) {
  Configuration read;
  read.loaded = load(load_options, substitution.files(), diagnostics);
  options.is_complete = read.loaded.is_complete;
  DecodeContext context(diagnostics, substitution);
  read.plan = read_plan(read.loaded.root, registry, context, options);
  return read;
}

}  // namespace pipeline
