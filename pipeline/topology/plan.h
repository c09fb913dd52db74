#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/log.h"
#include "pipeline/component/registry.h"
#include "pipeline/config/source_text.h"
#include "pipeline/expr/condition.h"
#include "pipeline/flow/lane.h"
#include "pipeline/model/labels.h"
#include "pipeline/model/signal.h"

namespace pipeline {

// The `agent:` section, decoded and resolved: no `auto` is left.
struct AgentOptions {
  std::string data_dir = "/var/lib/sluice";  // "none": positions in memory
  std::string listen = "127.0.0.1:8465";     // "none": no listener
  std::string admin;                         // "unix:<data_dir>/admin.sock" when not set
  std::string admin_token;
  std::uint64_t memory = 0;                  // bytes
  std::uint32_t lanes = 1;
  Nanoseconds shutdown_timeout = std::chrono::seconds(20);
  Nanoseconds reload_timeout = std::chrono::seconds(30);
  bool ready_when_sinks_reachable = false;
  std::vector<Label> labels;                 // constants by now
  std::string host_name;
  bool exclude_self = true;  // sources leave out what this agent writes
  Severity log_level = Severity::info;  // the lowest that is written
};

// What a configuration asks for, checked and decoded: everything that a topology is built from.
// Nothing is open yet. Texts named `canonical` are equal exactly when a reload has nothing to do.
struct Plan {
  struct Source {
    std::string name;
    const Registry::SourcePlugin* plugin = nullptr;
    Registry::AnyConfig config;
    std::string was;  // the name it had before: its positions are taken over
    std::string canonical;
    Location where;
  };
  struct Transform {
    std::string id;  // "pipeline/app/drop.2"
    const Registry::TransformPlugin* plugin = nullptr;
    Registry::AnyConfig config;
    std::optional<Condition> when;
  };
  struct Edge {
    std::string to;
    std::optional<Condition> when;
    bool is_else = false;
    std::optional<WhenFull> when_full;  // the pipeline's own by default
  };
  struct From {
    std::string source;
    std::optional<Signal> signal;  // all that the source has by default
  };
  struct Pipeline {
    std::string name;
    std::vector<From> from;
    std::vector<Transform> transforms;
    std::vector<Edge> edges;
    WhenFull when_full = WhenFull::block;
    std::string canonical;
    Location where;
  };
  struct Sink {
    std::string name;
    const Registry::SinkPlugin* plugin = nullptr;
    Registry::AnyConfig config;
    std::string canonical;           // of all options
    std::string canonical_encoding;  // without those that only say how to reach the receiver
    Location where;
  };

  AgentOptions agent;
  std::string canonical_agent_fixed;  // what a reload cannot change: data_dir, listen, admin, memory
  std::vector<Source> sources;
  std::vector<Pipeline> pipelines;
  std::vector<Sink> sinks;

  const Source* source(std::string_view name) const;
  const Pipeline* pipeline(std::string_view name) const;
  const Sink* sink(std::string_view name) const;

  // The pipelines that records of `root` can pass, itself first, and the sinks that they can reach.
  struct Closure {
    std::vector<const Pipeline*> pipelines;
    std::vector<const Sink*> sinks;
  };
  Closure closure(const Pipeline& root) const;
  // Equal exactly when the lanes of `root` can stay as they are.
  std::string canonical_closure(const Pipeline& root) const;
};

}  // namespace pipeline
