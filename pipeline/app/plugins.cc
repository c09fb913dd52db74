#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <vector>

#include "pipeline/app/command.h"
#include "pipeline/app/plugin_list.h"
#include "pipeline/config/json_text.h"

namespace pipeline {

std::vector<const Registry::Plugin*> plugins_by_kind(const Registry& registry) {
  std::vector<const Registry::Plugin*> all;
  const auto append = [&all](const auto& plugins) {
    const auto first = static_cast<std::ptrdiff_t>(all.size());
    for (const auto& plugin : plugins) all.push_back(plugin.get());
    std::ranges::sort(all.begin() + first, all.end(), {}, &Registry::Plugin::name);
  };
  append(registry.sources());
  append(registry.transforms());
  append(registry.sinks());
  return all;
}

namespace {

void print_json(const std::vector<const Registry::Plugin*>& plugins) {
  std::string out = "[";
  for (const Registry::Plugin* plugin : plugins)
    out += fmt::format("{}\n  {{\"kind\": {}, \"name\": {}, \"summary\": {}}}",
                       plugin == plugins.front() ? "" : ",", json_string(plugin->kind),
                       json_string(plugin->name), json_string(plugin->schema->summary));
  fmt::print("{}\n]\n", out);
}

void print_text(const std::vector<const Registry::Plugin*>& plugins) {
  std::size_t width = 0;
  for (const Registry::Plugin* plugin : plugins) width = std::max(width, plugin->name.size());
  for (const Registry::Plugin* plugin : plugins)
    fmt::print("{:<10} {:<{}}  {}\n", plugin->kind, plugin->name, width, plugin->schema->summary);
  fmt::print("\n`sluice explain NAME` shows one with its options.\n");
}

}  // namespace

void add_plugins(CommandLine line) {
  CLI::App* command = line.app.add_subcommand("plugins", "List the sources, transforms and sinks");
  auto format = std::make_shared<std::string>("text");
  command->add_option("--format", *format, "How to print them")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([format, line] {
    const auto plugins = plugins_by_kind(line.registry);
    *format == "json" ? print_json(plugins) : print_text(plugins);
  });
}

}  // namespace pipeline
