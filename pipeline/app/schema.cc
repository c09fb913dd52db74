#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "pipeline/app/command.h"
#include "pipeline/topology/schema_lookup.h"

namespace pipeline {

void add_schema(CommandLine line) {
  CLI::App* command = line.app.add_subcommand(
      "schema", "Print the configuration's JSON Schema (2020-12), for editors");
  command->callback([line] { fmt::print("{}\n", configuration_json_schema(line.registry)); });
}

}  // namespace pipeline
