#pragma once

#include <vector>

#include "pipeline/expr/decode.h"

namespace plugins::transforms::set {

// One entry of `set`: what is changed, and the text that it becomes.
struct Assignment {
  pipeline::Name target;
  pipeline::Text text;
  pipeline::Location where;
};

struct Assignments {
  std::vector<Assignment> entries;
};

}  // namespace plugins::transforms::set

namespace pipeline {

template <>
struct Decode<plugins::transforms::set::Assignments> {
  static bool decode(const Node& node, plugins::transforms::set::Assignments& out,
                     DecodeContext& context);
  static TypeInfo describe();
};

}  // namespace pipeline
