#pragma once

#include "pipeline/config/schema.h"
#include "pipeline/topology/read_transforms.h"

namespace pipeline {

// A pipeline as it is written. What `from`, `transforms` and `to` hold is read item by item.
struct PipelineSettings {
  Node from;
  Node transforms;
  Node to;
  WhenFull when_full = WhenFull::block;
};

// `{to: NAME, when: EXPR, when_full: …}` or `{to: NAME, else: true}`.
struct EdgeSettings {
  std::string to;
  Node when;
  bool is_else = false;
  std::optional<WhenFull> when_full;
};

// For documents and editors as well.
const Schema<PipelineSettings>& pipeline_schema();
const Schema<EdgeSettings>& edge_schema();

// Reads one pipeline into `draft`. Names are not looked up: the wiring's checks do that when all
// components are known.
void read_pipeline(const Node::Entry& entry, TransformReader& transforms, DecodeContext& context,
                   Draft& draft);

}  // namespace pipeline
