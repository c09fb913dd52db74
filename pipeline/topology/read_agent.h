#pragma once

#include <string>

#include "pipeline/config/schema.h"
#include "pipeline/expr/decode.h"
#include "pipeline/topology/draft.h"
#include "pipeline/topology/resources.h"

namespace pipeline {

enum class ReadyWhen : std::uint8_t { started, sinks_reachable };
constexpr auto enum_names(ReadyWhen) {
  return std::array{EnumName{ReadyWhen::started, "started"},
                    EnumName{ReadyWhen::sinks_reachable, "sinks_reachable"}};
}
constexpr auto enum_names(Severity) {
  return std::array{EnumName{Severity::debug, "debug"}, EnumName{Severity::info, "info"},
                    EnumName{Severity::warning, "warning"}, EnumName{Severity::error, "error"}};
}

// The `agent:` section as it is written. What AgentOptions make of it has no `auto` left.
struct AgentSettings {
  std::string data_dir = "/var/lib/sluice";
  std::string listen = "127.0.0.1:8465";
  std::string admin;
  Secret admin_token;
  Auto<Size> memory;
  Auto<std::uint32_t> lanes;
  Duration shutdown_timeout = std::chrono::seconds(20);
  Duration reload_timeout = std::chrono::seconds(30);
  LabelSpec labels;
  ReadyWhen ready_when = ReadyWhen::started;
  bool exclude_self = true;
  Severity log_level = Severity::info;
};

// For documents and editors as well.
const Schema<AgentSettings>& agent_schema();

// Decodes and resolves the section; without one (null), the defaults. Reports every problem and
// fills `draft.plan.agent`, `canonical_agent_fixed` and the listeners' places.
void read_agent(const Node* node, const Resources& resources, const std::string& host_name,
                DecodeContext& context, Draft& draft);

}  // namespace pipeline
