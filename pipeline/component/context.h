#pragma once

#include <string>
#include <utility>

#include "pipeline/base/clock.h"
#include "pipeline/base/fs.h"
#include "pipeline/base/log.h"
#include "pipeline/base/task.h"
#include "pipeline/model/field_plan.h"
#include "pipeline/telemetry/meter.h"

namespace pipeline {

// What the engine lends every component. References outlive the component.
struct Context {
  std::string id;  // "source/app", "pipeline/app/drop.2", "sink/loki"
  Log& log;
  Clock& clock;
  FileSystem& fs;
  Meters& meters;
  const MeterScope& scope;  // the component's series live as long as it does
  std::string host_name;

  // The component's own counter, with its `component` label.
  Counter counter(std::string_view name, std::string_view help, MetricLabels labels = {}) const {
    labels.emplace_back("component", id);
    return meters.counter(scope, name, help, std::move(labels));
  }
};

}  // namespace pipeline
