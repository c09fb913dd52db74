#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>

#include "pipeline/app/command.h"
#include "pipeline/base/fs.h"
#include "pipeline/component/registry.h"
#include "plugins/all_plugins.h"

int main(int argc, char** argv) {
  // A receiver that closes a connection must not end the agent.
  std::signal(SIGPIPE, SIG_IGN);

  pipeline::SystemFileSystem files;
  pipeline::Registry registry;
  plugins::register_all(registry);

  CLI::App app("Sluice ships logs, metrics and traces, loses nothing, and explains itself.", "sluice");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", "sluice " SLUICE_VERSION);
  int exit_code = 0;
  const pipeline::CommandLine line{app, registry, files, exit_code};
  pipeline::add_commands(line);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // The library's own codes mean nothing to our users: wrong usage is 2, --help is 0.
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (app.get_subcommands().empty()) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  }
  return exit_code;
}
