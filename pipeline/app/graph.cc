#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <set>

#include "pipeline/app/command.h"
#include "pipeline/app/configuration.h"

namespace pipeline {
namespace {

struct GraphOptions {
  ConfigurationFiles files;
  std::string format = "text";
  bool is_static = false;
};

WhenFull policy_of(const Plan::Pipeline& pipeline, const Plan::Edge& edge) {
  return edge.when_full.value_or(pipeline.when_full);
}

// The sinks that `root` waits for: reached by `block` alone, with a queue that blocks as well. With
// more than one, any of them can stop the others (W-coupled).
std::set<std::string> waited_for(const Plan& plan, const Plan::Pipeline& root) {
  std::set<std::string> sinks, seen;
  std::vector<const Plan::Pipeline*> open = {&root};
  while (!open.empty()) {
    const Plan::Pipeline& pipeline = *open.back();
    open.pop_back();
    if (!seen.insert(pipeline.name).second) continue;
    for (const Plan::Edge& edge : pipeline.edges) {
      if (policy_of(pipeline, edge) != WhenFull::block) continue;
      if (const Plan::Pipeline* next = plan.pipeline(edge.to)) {
        open.push_back(next);
      } else if (const Plan::Sink* sink = plan.sink(edge.to);
                 sink->plugin->delivery(sink->config).queue_when_full == "block") {
        sinks.insert(sink->name);
      }
    }
  }
  return sinks;
}

// "when", "else" and a policy other than block; "" for a plain edge.
std::string condition_of(const Plan::Pipeline& pipeline, const Plan::Edge& edge) {
  std::string text;
  if (edge.is_else) text = "else";
  if (edge.when) text = "when " + edge.when->text();
  if (policy_of(pipeline, edge) != WhenFull::block) {
    if (!text.empty()) text += ", ";
    text += enum_name(policy_of(pipeline, edge));
  }
  return text;
}

std::string from_text(const Plan::From& from) {
  return from.signal ? fmt::format("{}.{}", from.source, name_of(*from.signal)) : from.source;
}

void print_text(const Plan& plan) {
  for (const Plan::Pipeline& pipeline : plan.pipelines) {
    fmt::print("pipeline {}\n", pipeline.name);
    for (const Plan::From& from : pipeline.from)
      fmt::print("  from  {} ({})\n", from_text(from), plan.source(from.source)->plugin->name);
    for (const Plan::Transform& transform : pipeline.transforms)
      fmt::print("        {}{}\n", transform.id.substr(transform.id.rfind('/') + 1),
                 transform.when ? " when " + transform.when->text() : std::string());
    for (const Plan::Edge& edge : pipeline.edges) {
      const Plan::Sink* sink = plan.sink(edge.to);
      const std::string condition = condition_of(pipeline, edge);
      fmt::print("  to    {} ({}){}\n", edge.to, sink != nullptr ? sink->plugin->name : "pipeline",
                 condition.empty() ? "" : "  " + condition);
    }
    if (pipeline.from.empty()) continue;
    if (const auto sinks = waited_for(plan, pipeline); sinks.size() > 1)
      fmt::print("  coupled: any of {} can stop {}\n", fmt::join(sinks, ", "), pipeline.name);
  }
}

// Quotes end a node's text in Mermaid.
std::string mermaid_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"') {
      out += "#quot;";
    } else if (c == '|') {
      out += "#124;";
    } else {
      out += c;
    }
  }
  return out;
}

void print_mermaid(const Plan& plan) {
  std::set<std::string> coupled;
  for (const Plan::Pipeline& pipeline : plan.pipelines)
    if (const auto sinks = waited_for(plan, pipeline); !pipeline.from.empty() && sinks.size() > 1)
      coupled.insert(sinks.begin(), sinks.end());
  fmt::print("flowchart LR\n");
  for (const Plan::Source& source : plan.sources)
    fmt::print("  source_{0}([\"{0}: {1}\"])\n", source.name, source.plugin->name);
  for (const Plan::Pipeline& pipeline : plan.pipelines) {
    std::string label = pipeline.name;
    for (const Plan::Transform& transform : pipeline.transforms)
      label += "<br>" + transform.id.substr(transform.id.rfind('/') + 1);
    fmt::print("  node_{}[\"{}\"]\n", pipeline.name, mermaid_text(label));
  }
  for (const Plan::Sink& sink : plan.sinks)
    fmt::print("  node_{0}[(\"{0}: {1}{2}\")]\n", sink.name, sink.plugin->name,
               coupled.contains(sink.name) ? "<br>coupled" : "");
  for (const Plan::Pipeline& pipeline : plan.pipelines) {
    for (const Plan::From& from : pipeline.from)
      fmt::print("  source_{} -->{} node_{}\n", from.source,
                 from.signal ? fmt::format("|{}|", name_of(*from.signal)) : "", pipeline.name);
    for (const Plan::Edge& edge : pipeline.edges) {
      const std::string condition = condition_of(pipeline, edge);
      fmt::print("  node_{} -->{} node_{}\n", pipeline.name,
                 condition.empty() ? "" : fmt::format("|\"{}\"|", mermaid_text(condition)),
                 edge.to);
    }
  }
}

int graph(GraphOptions options, const Registry& registry, FileSystem& files) {
  if (!use_default_configuration(options.files, files)) {
    fmt::print(stderr, "no configuration given\n\n  sluice graph FILE...\n");
    return 2;
  }
  Diagnostics diagnostics;
  const std::optional<Plan> plan =
      read_configuration(options.files, registry, files, diagnostics, options.is_static);
  if (!plan) {
    fmt::print(stderr, "{}", diagnostics.to_text(wants_colour(STDERR_FILENO)));
    return 2;
  }
  options.format == "mermaid" ? print_mermaid(*plan) : print_text(*plan);
  return 0;
}

}  // namespace

void add_graph(CommandLine line) {
  CLI::App* command = line.app.add_subcommand(
      "graph", "Show which source goes where, and which sinks hold each other");
  auto options = std::make_shared<GraphOptions>();
  add_configuration_options(*command, options->files);
  command->add_flag("--static", options->is_static, "Need no environment, secrets or files");
  command->add_option("--format", options->format, "How to show it")
      ->check(CLI::IsMember({"text", "mermaid"}));
  command->callback(
      [options, line] { line.exit_code = graph(*options, line.registry, line.files); });
}

}  // namespace pipeline
