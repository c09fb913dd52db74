#include "pipeline/topology/read_agent.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/net/address.h"
#include "pipeline/topology/component_text.h"

namespace pipeline {
namespace {

// Less holds no batch of every lane; more lanes than this cost memory and bring nothing (flow.md
// 3).
constexpr std::uint32_t kLanesMax = 64;
// Above this share of the cgroup's limit, code, stacks and the kernel's buffers of our files no
// longer fit beside the budget.
constexpr double kMemoryShareMax = 0.75;

Schema<AgentSettings> make_schema() {
  Schema<AgentSettings> schema("agent", "What concerns the whole program.");
  schema.field("data_dir", &AgentSettings::data_dir,
               "Where positions and queues are kept. `none` keeps positions in memory: after a "
               "restart everything is read again.",
               {.non_empty = true});
  schema.field(
      "listen", &AgentSettings::listen,
      "Serves `/metrics`, `/-/healthy` and `/-/ready`: `host:port`, `unix:PATH` or `none`.",
      {.non_empty = true});
  schema.field("admin", &AgentSettings::admin,
               "Serves reload, components and the page: `unix:PATH`, `host:port` or `none`. A TCP "
               "address that is not loopback needs `admin_token`.",
               {.default_text = "unix:<data_dir>/admin.sock"});
  schema.field("admin_token", &AgentSettings::admin_token,
               "What a client of `admin` must send as bearer token.");
  schema.field(
      "memory", &AgentSettings::memory,
      "Bounds batches, queues, parsers and caches together. `auto`: half of the smaller of "
      "the cgroup's limit and RAM, between 24MiB and 256MiB.",
      {.min = Size{4ull << 20}});
  schema.field("lanes", &AgentSettings::lanes,
               "How many batches of one pipeline are worked on at the same time. `auto`: the CPU "
               "quota or the cores, at most 4.",
               {.min = 1, .max = kLanesMax});
  schema.field("shutdown_timeout", &AgentSettings::shutdown_timeout,
               "How long the end may take to deliver what has been read.", {.min = Duration(0)});
  schema.field("reload_timeout", &AgentSettings::reload_timeout,
               "How long a reload waits for what it replaces.", {.min = std::chrono::seconds(1)});
  schema.field(
      "labels", &AgentSettings::labels,
      "Labels that every sink fills in where a record has none of that name. Constant, but "
      "for `{$host.name}`.");
  schema.field("ready_when", &AgentSettings::ready_when,
               "When `/-/ready` answers 200: once everything has `started`, or only while "
               "`sinks_reachable`.");
  schema.field("exclude_self", &AgentSettings::exclude_self,
               "Sources leave out what this agent itself writes.");
  schema.field("log_level", &AgentSettings::log_level, "The lowest level of its own log.");
  return schema;
}

class AgentReader {
 public:
  AgentReader(const Node* node, DecodeContext& context, Draft& draft)
      : node_(node), context_(context), draft_(draft) {}

  void addresses(const AgentSettings& settings);
  void memory(const AgentSettings& settings, const Resources& resources);
  void labels(LabelSpec spec, const std::string& host_name);
  void token(const AgentSettings& settings);

 private:
  const Node* option(std::string_view name) const {
    return node_ != nullptr ? node_->find(name) : nullptr;
  }
  Location where(std::string_view name) const {
    const Node* value = option(name);
    return value != nullptr ? value->where : Location{};
  }
  // A variable that is not set in static mode stands for any value.
  bool is_known(std::string_view name) const {
    const Node* value = option(name);
    return value == nullptr || !context_.substitution().static_mode() || !has_variables(*value);
  }

  const Node* node_;
  DecodeContext& context_;
  Draft& draft_;
};

void AgentReader::addresses(const AgentSettings& settings) {
  AgentOptions& agent = draft_.plan.agent;
  agent.data_dir = settings.data_dir;
  agent.listen = settings.listen;
  // A socket needs a directory that stays; without one nobody would find it.
  const std::string default_admin =
      agent.data_dir == "none" ? "none" : "unix:" + agent.data_dir + "/admin.sock";
  agent.admin = settings.admin.empty() ? default_admin : settings.admin;
  draft_.listen_where = where("listen");
  draft_.admin_where = where("admin");
  for (const auto& [name, text] :
       {std::pair("listen", agent.listen), std::pair("admin", agent.admin)}) {
    if (text == "none" || !is_known(name)) continue;
    const auto address = ListenAddress::parse(text);
    if (!address) {
      context_.diagnostics()
          .error("E0104", where(name),
                 fmt::format("'{}' is no address: {}", text, address.error().message()))
          .hint("write host:port, unix:PATH or none");
    } else if (name == std::string_view("admin") && !address->is_loopback() &&
               settings.admin_token.empty()) {
      context_.diagnostics()
          .error("E0220", where(name),
                 fmt::format("'admin' on {} could be used by everybody", text))
          .hint("set `admin_token`, or listen on 127.0.0.1 or unix:PATH");
    }
  }
}

void AgentReader::memory(const AgentSettings& settings, const Resources& resources) {
  AgentOptions& agent = draft_.plan.agent;
  agent.memory = settings.memory.value ? settings.memory.value->bytes : auto_memory(resources);
  agent.lanes = settings.lanes.value_or(auto_lanes(resources));
  if (!resources.memory_limit) return;
  const auto limit = static_cast<double>(*resources.memory_limit);
  if (static_cast<double>(agent.memory) <= limit * kMemoryShareMax) return;
  const Size fitting{static_cast<std::uint64_t>(limit * kMemoryShareMax) >> 20 << 20};
  context_.diagnostics()
      .warning(
          "W-memory", where("memory"),
          fmt::format("agent.memory is {}, more than 75 % of the {} that the cgroup allows: the "
                      "kernel may kill the agent",
                      print(Size{agent.memory}), print(Size{*resources.memory_limit})))
      .hint(fmt::format("at most {} fit, or raise the cgroup's limit", print(fitting)));
}

void AgentReader::labels(LabelSpec spec, const std::string& host_name) {
  spec.fold_host_name(host_name);
  const Node* node = option("labels");
  for (const LabelSpec::Entry& entry : spec.entries()) {
    if (entry.text.is_constant()) continue;
    draft_.agent_labels_are_broken = true;
    const Node* value = node != nullptr ? node->find(entry.label) : nullptr;
    context_.diagnostics()
        .error("E0221", value != nullptr ? value->where : where("labels"),
               fmt::format("label '{}' of agent.labels differs from record to record", entry.label))
        .hint(
            "only constants and `{$host.name}` stand here; a `labels` transform or a sink's "
            "`labels` read records");
  }
  draft_.plan.agent.labels = spec.constants();
}

void AgentReader::token(const AgentSettings& settings) {
  if (settings.admin_token.empty() || !is_known("admin_token") ||
      context_.substitution().static_mode())
    return;
  draft_.plan.agent.admin_token = settings.admin_token.reveal();
  // An empty token would let everybody in.
  if (draft_.plan.agent.admin_token.empty() && !context_.diagnostics().has_errors())
    context_.diagnostics().error("E0220", where("admin_token"), "'admin_token' is empty");
}

}  // namespace

const Schema<AgentSettings>& agent_schema() {
  static const Schema<AgentSettings> schema = make_schema();
  return schema;
}

void read_agent(const Node* node, const Resources& resources, const std::string& host_name,
                DecodeContext& context, Draft& draft) {
  AgentSettings settings;
  AgentReader reader(node, context, draft);
  if (node != nullptr) {
    const auto scope = context.component("agent", {}, node->where);
    // Defaults in place of what could not be read: the rest is checked all the same.
    draft.agent_labels_are_broken = !agent_schema().decode(*node, settings, context);
  }
  AgentOptions& agent = draft.plan.agent;
  reader.addresses(settings);
  reader.memory(settings, resources);
  reader.labels(settings.labels, host_name);
  reader.token(settings);
  agent.shutdown_timeout = settings.shutdown_timeout;
  agent.reload_timeout = settings.reload_timeout;
  agent.ready_when_sinks_reachable = settings.ready_when == ReadyWhen::sinks_reachable;
  agent.exclude_self = settings.exclude_self;
  agent.log_level = settings.log_level;
  agent.host_name = host_name;
  draft.plan.canonical_agent_fixed =
      fmt::format("data_dir={} listen={} admin={} memory={}", agent.data_dir, agent.listen,
                  agent.admin, agent.memory);
}

}  // namespace pipeline
