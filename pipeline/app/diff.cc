#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "pipeline/app/command.h"
#include "pipeline/app/configuration.h"
#include "pipeline/config/json_text.h"
#include "pipeline/topology/topology.h"

namespace pipeline {
namespace {

struct DiffOptions {
  std::string now;
  std::string next;
  std::string format = "text";
  bool is_static = false;
};

std::string json_list(const std::vector<std::string>& ids) {
  std::string out = "[";
  for (const std::string& id : ids) out += (out.size() > 1 ? ", " : "") + json_string(id);
  return out + "]";
}

// The same keys as the answer of POST /-/reload.
void print_json(const ReloadOutcome& plan, bool needs_restart) {
  fmt::print(
      "{{\"added\": {}, \"changed\": {}, \"removed\": {}, \"unchanged\": {}, \"restart\": {}}}\n",
      json_list(plan.added), json_list(plan.changed), json_list(plan.removed), plan.unchanged,
      needs_restart);
}

void print_text(const ReloadOutcome& plan, bool needs_restart) {
  for (const std::string& id : plan.added) fmt::print("+ {}\n", id);
  for (const std::string& id : plan.changed) fmt::print("~ {}\n", id);
  for (const std::string& id : plan.removed) fmt::print("- {}\n", id);
  fmt::print("{} added, {} changed, {} removed, {} unchanged\n", plan.added.size(),
             plan.changed.size(), plan.removed.size(), plan.unchanged);
  if (needs_restart)
    fmt::print(
        "a reload refuses this: data_dir, listen, admin or memory of `agent` differ, which "
        "takes a restart\n");
}

int diff(const DiffOptions& options, const Registry& registry, FileSystem& files) {
  Diagnostics diagnostics;
  const auto read = [&](const std::string& path) {
    Diagnostics problems;
    std::optional<Plan> plan =
        read_configuration(ConfigurationFiles{.paths = {path}, .overlays = {}, .sets = {}},
                           registry, files, problems, options.is_static);
    // Warnings are check's to tell.
    if (!plan) diagnostics.append(std::move(problems));
    return plan;
  };
  const std::optional<Plan> now = read(options.now);
  const std::optional<Plan> next = read(options.next);
  if (!now || !next) {
    fmt::print(stderr, "{}", diagnostics.to_text(wants_colour(STDERR_FILENO)));
    return 2;
  }
  const ReloadOutcome plan = difference(*now, *next);
  const bool needs_restart = now->canonical_agent_fixed != next->canonical_agent_fixed;
  options.format == "json" ? print_json(plan, needs_restart) : print_text(plan, needs_restart);
  return 0;
}

}  // namespace

void add_diff(CommandLine line) {
  CLI::App* command =
      line.app.add_subcommand("diff", "Show what a reload would change, without doing it");
  auto options = std::make_shared<DiffOptions>();
  command->add_option("OLD", options->now, "The configuration that runs: a file or directory")
      ->required();
  command->add_option("NEW", options->next, "The one to reload")->required();
  command->add_flag("--static", options->is_static, "Need no environment, secrets or files");
  command->add_option("--format", options->format, "How to print the plan")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback(
      [options, line] { line.exit_code = diff(*options, line.registry, line.files); });
}

}  // namespace pipeline
