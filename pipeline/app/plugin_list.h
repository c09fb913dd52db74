#pragma once

#include <string_view>
#include <vector>

#include "pipeline/component/registry.h"

namespace pipeline {

// Sources, transforms, sinks, each by name.
std::vector<const Registry::Plugin*> plugins_by_kind(const Registry& registry);

// The example.yaml of a plugin's folder, built into the program; "" for a plugin without one.
std::string_view plugin_example(std::string_view kind, std::string_view name);

}  // namespace pipeline
