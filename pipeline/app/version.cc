#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "pipeline/app/command.h"

namespace pipeline {

void add_version(CommandLine line) {
  CLI::App* command = line.app.add_subcommand("version", "Print the version");
  command->callback([] { fmt::print("sluice {}\n", SLUICE_VERSION); });
}

}  // namespace pipeline
