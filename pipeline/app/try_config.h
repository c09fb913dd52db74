#pragma once

#include <string>

#include "pipeline/app/try_detect.h"
#include "pipeline/component/registry.h"

namespace pipeline {

// What is read, as the configuration says it.
struct TriedInput {
  std::string name;     // of the source and the pipeline: "app"
  std::string include;  // absolute path or glob
  std::string origin;   // as the user typed it; "-" for standard input
  bool is_old = false;  // last written before what a file source looks at by default
};

// The name of a source for a file: its stem, made a legal name.
std::string source_name(std::string_view path);

// A complete, commented configuration: the file, transforms for what was detected, a Loki sink.
std::string configuration_for(const TriedInput& input, const Detected& detected,
                              const Registry& registry);

}  // namespace pipeline
