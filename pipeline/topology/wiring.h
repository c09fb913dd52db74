#pragma once

#include "pipeline/config/decode_context.h"
#include "pipeline/topology/draft.h"

namespace pipeline {

// Everything that `check` can prove about how components are put together, all at once. Reports to
// the context; reads nothing else. Parts that could not be read count as right.
void check_wiring(const Draft& draft, const Registry& registry, DecodeContext& context);

}  // namespace pipeline
