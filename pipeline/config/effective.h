#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "pipeline/config/node.h"
#include "pipeline/config/schema_view.h"
#include "pipeline/config/substitution.h"

namespace pipeline {

// The schema of the map at a path ("agent", "sinks.loki", "pipelines.app.transforms[0].json"); null
// where there is none.
using SchemaAt = std::function<const SchemaView*(std::string_view path)>;

// The effective configuration as YAML (`check --print`). Behind each value stands where it comes
// from: `# app.yaml:3`, `# env LOKI_URL (app.yaml:7)`, `# --set`, `# default`. Secrets are
// `<secret>`; so are passwords in URLs and values of keys that look like secrets where no schema
// tells. What cannot be replaced is printed as it stands.
std::string print_effective(const Node& root, Substitution& substitution,
                            const SchemaAt& schema_at);

// A scalar as YAML reads it back: plain where that is safe, else quoted.
std::string yaml_scalar(std::string_view text);

}  // namespace pipeline
