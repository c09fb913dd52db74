#pragma once

#include "pipeline/config/decode.h"

namespace plugins::transforms::limit {

// How much may come at once: a number of records, or a size.
struct Burst {
  double amount = 0;
  bool in_bytes = false;
};

}  // namespace plugins::transforms::limit

namespace pipeline {

template <>
struct Decode<plugins::transforms::limit::Burst> {
  static bool decode(const Node& node, plugins::transforms::limit::Burst& out,
                     DecodeContext& context);
  static TypeInfo describe();
};

}  // namespace pipeline
