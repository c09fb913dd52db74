#pragma once

#include <span>
#include <string>

#include "pipeline/config/node.h"
#include "pipeline/config/schema_view.h"
#include "pipeline/config/substitution.h"

namespace pipeline {

// A component's options in one spelling (config/canonical.h), equal for two nodes exactly when a
// reload has nothing to do. `without`: paths of options to leave out ("url", "batch.age").
std::string component_text(const Node& node, const SchemaView& schema, Substitution& substitution,
                           std::span<const std::string> without = {});

// ${NAME} or ${file:PATH} stands somewhere in it.
bool has_variables(const Node& node);

}  // namespace pipeline
