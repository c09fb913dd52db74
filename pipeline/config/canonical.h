#pragma once

#include <string>

#include "pipeline/config/node.h"
#include "pipeline/config/schema_view.h"
#include "pipeline/config/substitution.h"

namespace pipeline {

// A text that is equal for two nodes exactly when they mean the same: comments, formatting, quotes,
// places and the order of keys do not count. ${NAME} is replaced by its value, so that a component
// changes with it; where `schema` (may be null) says secret, ${file:PATH} stays a reference,
// because a new content does not need a restart; where it says expression, nothing is replaced.
// What cannot be replaced stays as it is. Holds secrets: for comparing, never for showing.
std::string canonical_text(const Node& node, const SchemaView* schema, Substitution& substitution);

// Without replacing anything.
std::string canonical_text(const Node& node);

}  // namespace pipeline
