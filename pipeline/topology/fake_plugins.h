#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/component/delivery_options.h"
#include "pipeline/component/registry.h"
#include "pipeline/config/fake_files.h"
#include "pipeline/expr/decode.h"
#include "pipeline/topology/read_plan.h"

// Plugins that describe themselves and do nothing, for the tests of reading and wiring.
namespace pipeline::fake {

struct LinesConfig {  // a source that can be read twice
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  LabelSpec labels;
  bool exclude_self = true;
};
struct PushConfig {  // a source that cannot, of all signals
  std::string listen = "127.0.0.1:4318";
  LabelSpec labels;
};
struct ParseConfig {
  bool fail = false;
};
struct CutConfig {
  Condition condition;
};
struct TagConfig {
  LabelSpec labels;
};
struct AlterConfig {
  std::vector<std::string> fields;
};
struct NoConfig {};
struct OutConfig {  // refuses records without labels, ships the line
  std::string url;
  LabelSpec labels;
  std::string tenant;
  WhenFull when_full = WhenFull::block;
};
struct KeepConfig {
  std::string path;
};

inline void use_labels(const LabelSpec& labels, Usage& usage) {
  for (const auto& entry : labels.entries()) {
    usage.labels.push_back({entry.label, entry.text.always_set(), {}});
    for (const Mention& mention : entry.text.mentions()) usage.reads.push_back({mention.name, {}});
  }
}

template <class Config>
Result<std::unique_ptr<Source>> make_source(const Config&, const SourceContext&) {
  return std::unique_ptr<Source>();
}
template <class Config>
Result<AnyTransform> make_transform(const Config&, const TransformContext&) {
  return AnyTransform();
}
template <class Config>
Result<std::unique_ptr<Sink>> make_sink(const Config&, const SinkContext&) {
  return std::unique_ptr<Sink>();
}

inline void register_sources(Registry& registry) {
  Schema<LinesConfig> lines("lines", "Lines of files.");
  lines.field("include", &LinesConfig::include, "Globs.", {.required = true})
      .field("exclude", &LinesConfig::exclude, "Globs.")
      .field("labels", &LinesConfig::labels, "Labels.")
      .field("exclude_self", &LinesConfig::exclude_self, "Leaves out what the agent writes.");
  registry.add_source<LinesConfig>(
      std::move(lines),
      {.signals = {Signal::logs}, .replayable = true, .names = {"file.path", "file.name"}},
      +[](const LinesConfig& config, Usage& usage) {
        for (const auto& glob : config.include) usage.reads_files.push_back({glob, {}});
        for (const auto& glob : config.exclude) usage.skips_files.push_back({glob, {}});
        use_labels(config.labels, usage);
      },
      &make_source<LinesConfig>);
  Schema<PushConfig> push("push", "What others send.");
  push.field("listen", &PushConfig::listen, "Address.")
      .field("labels", &PushConfig::labels, "Labels.");
  registry.add_source<PushConfig>(
      std::move(push),
      {.signals = Signals::all(), .replayable = false, .names = {"resource.", "peer.address"}},
      +[](const PushConfig& config, Usage& usage) {
        usage.listens.push_back({config.listen, {}});
        use_labels(config.labels, usage);
      },
      &make_source<PushConfig>);
}

inline void register_transforms(Registry& registry) {
  const TransformTraits logs{.signals = {Signal::logs}, .drop_reason = ""};
  Schema<ParseConfig> parse("parse", "Fields of the line.");
  parse.field("fail", &ParseConfig::fail, "Lets the factory fail.");
  registry.add_transform<ParseConfig>(
      std::move(parse), logs, +[](const ParseConfig&, Usage& usage) { usage.parses_body = true; },
      +[](const ParseConfig& config, const TransformContext&) -> Result<AnyTransform> {
        if (config.fail) return failure(Errc::invalid_data, "told to fail");
        return AnyTransform();
      });
  Schema<CutConfig> cut("cut", "Drops.");
  cut.field("condition", &CutConfig::condition, "Which.", {.required = true})
      .main_option("condition");
  registry.add_transform<CutConfig>(
      std::move(cut), {.signals = Signals::all(), .drop_reason = "drop"},
      +[](const CutConfig& config, Usage& usage) {
        for (const Mention& mention : config.condition.mentions())
          usage.reads.push_back({mention.name, {}});
      },
      &make_transform<CutConfig>);
  Schema<TagConfig> tag("tag", "Labels.");
  tag.field("labels", &TagConfig::labels, "Which.", {.required = true}).main_option("labels");
  registry.add_transform<TagConfig>(
      std::move(tag), logs,
      +[](const TagConfig& config, Usage& usage) { use_labels(config.labels, usage); },
      &make_transform<TagConfig>);
  Schema<AlterConfig> alter("alter", "Changes fields.");
  alter.field("fields", &AlterConfig::fields, "Which.", {.required = true}).main_option("fields");
  registry.add_transform<AlterConfig>(
      std::move(alter), logs,
      +[](const AlterConfig& config, Usage& usage) {
        for (const auto& field : config.fields) usage.writes.push_back({field, {}});
      },
      &make_transform<AlterConfig>);
  registry.add_transform<NoConfig>(
      Schema<NoConfig>("encode", "Fields into the line."), logs,
      +[](const NoConfig&, Usage& usage) { usage.encodes_body = true; }, &make_transform<NoConfig>);
}

inline void register_sinks(Registry& registry) {
  Schema<OutConfig> out("out", "Sends lines.");
  out.field("url", &OutConfig::url, "Where.", {.required = true})
      .field("labels", &OutConfig::labels, "Labels.")
      .field("tenant", &OutConfig::tenant, "Tenant.")
      .field("when_full", &OutConfig::when_full, "Policy.");
  registry.add_sink<OutConfig>(
      std::move(out),
      {.signals = {Signal::logs},
       .ships_body = true,
       .needs_label = true,
       .transport_options = {"url"}},
      +[](const OutConfig& config) {
        DeliveryOptions options;
        options.queue_when_full = std::string(enum_name(config.when_full));
        return options;
      },
      +[](const OutConfig& config, Usage& usage) { use_labels(config.labels, usage); },
      &make_sink<OutConfig>);
  Schema<KeepConfig> keep("keep", "Writes files.");
  keep.field("path", &KeepConfig::path, "Where.");
  registry.add_sink<KeepConfig>(
      std::move(keep), {.signals = Signals::all(), .transport_options = {}},
      +[](const KeepConfig&) { return DeliveryOptions(); },
      +[](const KeepConfig& config, Usage& usage) {
        if (!config.path.empty()) usage.writes_files.push_back({config.path, {}});
      },
      &make_sink<KeepConfig>);
}

inline const Registry& plugins() {
  static const Registry registry = [] {
    Registry made;
    register_sources(made);
    register_transforms(made);
    register_sinks(made);
    return made;
  }();
  return registry;
}

// What reading a text gives.
struct Reading {
  std::optional<Plan> plan;
  Diagnostics diagnostics;

  // "E0201 W-unused": in the order of the file.
  std::string codes() const {
    std::string text;
    for (const Diagnostic* each : diagnostics.sorted())
      text += (text.empty() ? "" : " ") + each->code;
    return text;
  }
};

inline Reading read(const std::string& text, Substitution::Variables variables = {},
                    ReadOptions options = {}, bool is_static = false) {
  static FakeFiles files;
  Reading reading;
  if (!variables) variables = [](const std::string&) { return std::nullopt; };
  Substitution substitution(std::move(variables), files);
  substitution.set_static_mode(is_static);
  DecodeContext context(reading.diagnostics, substitution);
  const Loaded loaded =
      load_texts({std::make_shared<const SourceText>("a.yaml", text)}, reading.diagnostics);
  options.is_complete = loaded.is_complete;
  if (options.host_name.empty()) options.host_name = "box";
  reading.plan = read_plan(loaded.root, plugins(), context, options);
  return reading;
}

}  // namespace pipeline::fake
