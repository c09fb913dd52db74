#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/component/usage.h"
#include "pipeline/topology/plan.h"

namespace pipeline {

// A plan that is being read, with what its checks need besides: where everything is written and
// what components do with records. Parts that could not be read are there as far as their names go,
// so that one mistake does not make others out of everything that mentions it.
struct Draft {
  // A source or a sink; beside Plan::Source and Plan::Sink.
  struct Component {
    Usage usage;
    Location where;              // its name
    bool is_usable = false;      // its plugin is known and its options could be decoded
    bool has_variables = false;  // ${NAME} stands in it: in static mode its values mean nothing
  };
  // Beside Plan::Transform.
  struct Transform {
    Usage usage;
    Location where;
    std::vector<Usage::Name> when_reads;
    bool has_variables = false;
  };
  // Beside Plan::Edge.
  struct Edge {
    Location where;  // of the name that it leads to
    std::vector<Usage::Name> when_reads;
  };
  // Beside Plan::Pipeline.
  struct Pipeline {
    Location where;              // its name
    Location to_where;           // its `to`, or its name
    std::vector<Location> from;  // beside Plan::Pipeline::from
    std::vector<Transform> transforms;
    std::vector<Edge> edges;
    // False when something of it could not be read: what is absent then proves nothing.
    bool is_complete = true;
    bool has_from = false;  // it names sources, known or not
    bool has_to = false;
  };

  Plan plan;
  // Each beside the plan's vector of the same name, element by element.
  std::vector<Component> sources, sinks;
  std::vector<Pipeline> pipelines;
  Location listen_where, admin_where;  // nowhere: the default
  bool agent_labels_are_broken = false;
  bool is_complete = true;  // every file could be read: what is absent is nowhere
};

}  // namespace pipeline
