#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/app/agent.h"
#include "pipeline/app/command.h"
#include "pipeline/app/configuration.h"
#include "pipeline/app/summary.h"

namespace pipeline {
namespace {

constexpr const char* kDefaultConfiguration = "/etc/sluice";
constexpr std::chrono::seconds kSummaryEvery{1};

struct RunOptions {
  ConfigurationFiles files;
  bool summary = false;
  bool is_verbose = false;
};

// Sources keep a descriptor per file that they read: take what the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Task<> print_summary(Agent& agent, Clock& clock) {
  Summary summary(agent);
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  while (agent.phase() == Agent::Phase::running) {
    const std::string line = summary.line();
    // One line that stays in place; in a file or a pipe, a line a second.
    fmt::print("{}{}{}", is_terminal ? "\r\x1b[K" : "", line, is_terminal ? "" : "\n");
    std::fflush(stdout);
    Task<> sleeping = clock.sleep_for(kSummaryEvery);
    co_await std::move(sleeping);
  }
}

int run(const RunOptions& options, const Registry& registry, FileSystem& files) {
  Diagnostics diagnostics;
  std::optional<Plan> plan = read_configuration(options.files, registry, files, diagnostics);
  if (!diagnostics.empty()) fmt::print(stderr, "{}", diagnostics.to_text(wants_colour(STDERR_FILENO)));
  if (!plan) return 2;

  raise_descriptor_limit();
  StreamLog log(STDERR_FILENO, options.is_verbose ? Severity::debug : Severity::info);
  Agent agent(
      std::move(*plan),
      [&](Diagnostics& problems) {
        return read_configuration(options.files, registry, files, problems);
      },
      log);
  SystemClock clock;
  const int exit_code = agent.run([&] {
    if (!options.summary) return;
    fmt::print("metrics   http://{}/metrics\nadmin     {}\n", agent.listen_address(), agent.admin_address());
    Task<> printing = print_summary(agent, clock);
    asio::co_spawn(agent.runtime().control(), std::move(printing), asio::detached);
  });
  if (options.summary && exit_code != 1) {
    Summary summary(agent);
    fmt::print("\n{}", summary.books());
  }
  return exit_code;
}

}  // namespace

void add_run(CommandLine line) {
  CLI::App* command = line.app.add_subcommand("run", "Run the agent");
  auto options = std::make_shared<RunOptions>();
  add_configuration_options(*command, options->files);
  command->add_flag("--summary", options->summary, "Show a live summary, and the ledger at the end");
  command->add_flag("-v,--verbose", options->is_verbose, "Log more");
  command->callback([options, line] {
    if (options->files.paths.empty()) {
      struct stat status {};
      if (::stat(kDefaultConfiguration, &status) != 0) {
        fmt::print("no configuration given, and {} does not exist\n\n"
                   "  sluice run FILE...            run with these files or directories\n"
                   "  sluice try FILE|-             see what a log file would become, without a configuration\n"
                   "  sluice check FILE...          find out whether a configuration is right\n"
                   "  sluice plugins                what there is\n"
                   "  sluice --help                 every command\n",
                   kDefaultConfiguration);
        line.exit_code = 2;
        return;
      }
      options->files.paths = {kDefaultConfiguration};
    }
    line.exit_code = run(*options, line.registry, line.files);
  });
}

}  // namespace pipeline
