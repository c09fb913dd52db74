#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "pipeline/app/plugin_list.h"
#include "pipeline/base/fs.h"
#include "pipeline/component/registry.h"
#include "pipeline/config/load.h"
#include "pipeline/config/substitution.h"
#include "pipeline/topology/read_plan.h"
#include "plugins/all_plugins.h"

// What the tests of every plugin share. They run in the root of the checkout.
namespace conformance {

using namespace pipeline;  // NOLINT(google-build-using-namespace): a test's own header

inline const Registry& registry() {
  static const Registry made = [] {
    Registry filled;
    plugins::register_all(filled);
    return filled;
  }();
  return made;
}

inline SystemFileSystem& files() {
  static SystemFileSystem system;
  return system;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::filesystem::path folder_of(const Registry::Plugin& plugin) {
  return std::filesystem::path("plugins") / (plugin.kind + "s") / plugin.name;
}

// A value for every variable: an address where one is asked for.
inline std::optional<std::string> dummy_variable(const std::string& name) {
  return name.find("URL") != std::string::npos ? "http://127.0.0.1:3100" : "dummy";
}

struct Read {
  std::optional<Plan> plan;
  Diagnostics diagnostics;
};

// As `check --static` with every variable set.
inline Read read_text_as_plan(const std::string& name, const std::string& text,
                              bool make_components = true) {
  Read read;
  Substitution substitution(dummy_variable, files());
  substitution.set_static_mode(true);
  DecodeContext context(read.diagnostics, substitution);
  const Loaded loaded =
      load_texts({std::make_shared<const SourceText>(name, text)}, read.diagnostics);
  ReadOptions options;
  options.host_name = "box";
  options.resources = {.memory_limit = std::nullopt, .memory_total = 8ull << 30, .cpu_quota = 1.0, .cores = 2};
  options.make_components = make_components;
  read.plan = read_plan(loaded.root, registry(), context, options);
  return read;
}

// The example of a plugin's folder.
inline Read read_example(const Registry::Plugin& plugin, bool make_components = true) {
  const auto path = folder_of(plugin) / "example.yaml";
  return read_text_as_plan(path.string(), read_text(path), make_components);
}

// The configuration of this plugin in its own example; null when the example does not use it.
inline Registry::AnyConfig example_config(const Registry::Plugin& plugin, const Plan& plan) {
  for (const Plan::Source& source : plan.sources)
    if (source.plugin == &plugin) return source.config;
  for (const Plan::Pipeline& pipeline : plan.pipelines)
    for (const Plan::Transform& transform : pipeline.transforms)
      if (transform.plugin == &plugin) return transform.config;
  for (const Plan::Sink& sink : plan.sinks)
    if (sink.plugin == &plugin) return sink.config;
  return nullptr;
}

// A case's name: "sources_file".
inline std::string case_name(const testing::TestParamInfo<const Registry::Plugin*>& info) {
  return info.param->kind + "_" + info.param->name;
}

inline std::vector<const Registry::Plugin*> plugins_of_kind(std::string_view kind) {
  std::vector<const Registry::Plugin*> all = plugins_by_kind(registry());
  std::erase_if(all, [&](const Registry::Plugin* plugin) { return plugin->kind != kind; });
  return all;
}

// Positions of nobody.
class NoPositions final : public PositionStore {
 public:
  std::vector<std::pair<std::string, std::string>> load() override { return {}; }
  void save(std::string_view, std::string_view) override {}
  Result<> save_now(std::string_view, std::string_view) override { return {}; }
  void erase(std::string_view) override {}
};

// What the engine lends a component.
struct Lent {
  NullLog log;
  SystemClock clock;
  Meters meters;
  MeterScope scope = meters.scope();
  NoPositions positions;

  Context context(std::string id) {
    return {.id = std::move(id),
            .log = log,
            .clock = clock,
            .fs = files(),
            .meters = meters,
            .scope = scope,
            .host_name = "box"};
  }
};

}  // namespace conformance
