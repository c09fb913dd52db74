#pragma once

#include "pipeline/telemetry/meter.h"

namespace pipeline {

// Exports process_* (CPU, memory, descriptors, start time) of this process, named as Prometheus's
// client libraries name them.
void export_process_metrics(Meters& meters, const MeterScope& scope);

}  // namespace pipeline
