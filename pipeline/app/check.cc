#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

#include "pipeline/app/command.h"
#include "pipeline/app/configuration.h"
#include "pipeline/app/plural.h"
#include "pipeline/topology/read_plan.h"
#include "pipeline/topology/schema_lookup.h"

namespace pipeline {
namespace {

struct CheckOptions {
  ConfigurationFiles files;
  std::string format = "text";
  bool print = false;
  bool is_static = false;
  bool is_strict = false;
};

std::string found(const Plan& plan, const Diagnostics& diagnostics) {
  std::string text =
      fmt::format("ok: {}, {}, {}", plural(plan.sources.size(), "source"),
                  plural(plan.pipelines.size(), "pipeline"), plural(plan.sinks.size(), "sink"));
  if (diagnostics.warning_count() > 0)
    text += ", " + plural(diagnostics.warning_count(), "warning");
  return text;
}

// `check --static` replaced them by placeholders: whoever deploys must set them.
void list_unset(const Substitution& substitution) {
  for (const Substitution::Unset& each : substitution.unset())
    fmt::print(stderr, "{}: ${{{}}} is not set; a placeholder was checked\n", each.where.text(),
               each.name);
}

int check(CheckOptions options, const Registry& registry, FileSystem& files) {
  if (!use_default_configuration(options.files, files)) {
    fmt::print(stderr, "no configuration given\n\n  sluice check FILE...\n");
    return 2;
  }
  Diagnostics diagnostics;
  Substitution substitution(files);
  substitution.set_static_mode(options.is_static);
  const Configuration read =
      read_configuration(LoadOptions{.paths = options.files.paths,
                                     .overlays = options.files.overlays,
                                     .sets = options.files.sets},
                         registry, substitution, diagnostics, read_options(files));
  if (options.is_strict) diagnostics.promote_warnings();
  const bool is_right = read.plan.has_value() && !diagnostics.has_errors();

  if (options.print)
    fmt::print("{}", print_effective(read.loaded.root, substitution,
                                     schema_lookup(read.loaded.root, registry)));
  // Nothing but YAML goes to stdout with --print.
  std::FILE* out = options.print ? stderr : stdout;
  if (options.format == "json") {
    fmt::print(out, "{}\n", diagnostics.to_json());
  } else if (options.format == "sarif") {
    fmt::print(out, "{}\n", diagnostics.to_sarif());
  } else {
    if (!diagnostics.empty())
      fmt::print(stderr, "{}", diagnostics.to_text(wants_colour(STDERR_FILENO)));
    if (options.is_static) list_unset(substitution);
    if (is_right) fmt::print(out, "{}\n", found(*read.plan, diagnostics));
  }
  return is_right ? 0 : 2;
}

}  // namespace

void add_check(CommandLine line) {
  CLI::App* command = line.app.add_subcommand("check", "Find out whether a configuration is right");
  auto options = std::make_shared<CheckOptions>();
  add_configuration_options(*command, options->files);
  command->add_flag("--print", options->print,
                    "Print the effective configuration: origins shown, secrets hidden");
  command->add_flag("--static", options->is_static,
                    "Need no environment, secrets or files: for continuous integration");
  command->add_flag("--strict", options->is_strict, "Treat warnings as errors");
  command->add_option("--format", options->format, "How to print what is wrong")
      ->check(CLI::IsMember({"text", "json", "sarif"}));
  command->callback(
      [options, line] { line.exit_code = check(*options, line.registry, line.files); });
}

}  // namespace pipeline
