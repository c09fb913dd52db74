#pragma once

#include "pipeline/config/decode_context.h"
#include "pipeline/topology/draft.h"

namespace pipeline {

// Makes every component once and throws it away, so that `check` finds what only a factory can see.
// Factories validate and allocate; nothing is opened or started. Reports to the context.
void try_make(const Draft& draft, DecodeContext& context);

}  // namespace pipeline
