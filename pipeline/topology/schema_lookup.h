#pragma once

#include <string>

#include "pipeline/component/registry.h"
#include "pipeline/config/effective.h"

namespace pipeline {

// Finds the schema of each map of a configuration: the agent's, components' by their `type`, those
// of pipelines, edges and transforms. Both must outlive what it returns.
SchemaAt schema_lookup(const Node& root, const Registry& registry);

// A JSON Schema (draft 2020-12) of whole configurations, for editors.
std::string configuration_json_schema(const Registry& registry);

}  // namespace pipeline
