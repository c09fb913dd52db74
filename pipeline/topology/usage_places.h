#pragma once

#include "pipeline/component/usage.h"
#include "pipeline/config/node.h"

namespace pipeline {

// Gives a place to everything in `usage` that came without one: where the name, label, path or
// address stands in the component's options, else `fallback`.
void fill_places(Usage& usage, const Node& options, const Location& fallback);

}  // namespace pipeline
