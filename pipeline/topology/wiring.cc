#include "pipeline/topology/wiring.h"

#include "pipeline/topology/wiring_graph.h"

namespace pipeline {

void check_wiring(const Draft& draft, const Registry& registry, DecodeContext& context) {
  const WiringGraph graph(draft);
  const WiringChecks checks{draft, graph, registry, context};
  checks.names();
  checks.places();
  // A ring has no ends, so nothing can be said about what arrives where.
  if (!graph.cycles().empty()) return;
  checks.signals();
  checks.labels();
  checks.reads();
  checks.coupling();
  checks.bodies();
}

}  // namespace pipeline
