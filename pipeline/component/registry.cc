#include "pipeline/component/registry.h"

namespace pipeline {
namespace {

template <class Plugin>
const Plugin* named(const std::vector<std::unique_ptr<Plugin>>& plugins, std::string_view name) {
  for (const auto& plugin : plugins)
    if (plugin->name == name) return plugin.get();
  return nullptr;
}

}  // namespace

const Registry::SourcePlugin* Registry::source(std::string_view name) const {
  return named(sources_, name);
}
const Registry::TransformPlugin* Registry::transform(std::string_view name) const {
  return named(transforms_, name);
}
const Registry::SinkPlugin* Registry::sink(std::string_view name) const { return named(sinks_, name); }

}  // namespace pipeline
