#pragma once

#include <string>

#include "pipeline/config/diagnostics.h"
#include "pipeline/config/node.h"

namespace pipeline {

// Patches as RFC 7386 (JSON merge patch): maps merge, lists and single values replace, null
// deletes. What comes from the patch keeps the patch's places.
void apply_overlay(Node& target, const Node& patch);

// `a.b[0].c=VALUE` as the last overlay; VALUE is YAML. Reports E0115 or the YAML's error.
bool apply_set(Node& root, const std::string& argument, Diagnostics& diagnostics);

}  // namespace pipeline
