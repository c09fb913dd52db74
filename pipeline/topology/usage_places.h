#pragma once

#include "pipeline/component/usage.h"
#include "pipeline/config/node.h"

namespace pipeline {

// Gives everything in `usage` the place where its name, label, path or address stands in the
// component's options. What came with the place of an option keeps to that option; what came
// without one and stands nowhere gets `fallback`.
void fill_places(Usage& usage, const Node& options, const Location& fallback);

}  // namespace pipeline
