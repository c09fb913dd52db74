#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/fs.h"
#include "pipeline/config/diagnostics.h"
#include "pipeline/topology/plan.h"
#include "pipeline/topology/read_plan.h"

namespace CLI {
class App;
}

namespace pipeline {

// Where a command takes its configuration from: the same arguments for run, check, diff and graph.
struct ConfigurationFiles {
  std::vector<std::string> paths;     // files and directories, merged
  std::vector<std::string> overlays;  // patches, RFC 7386
  std::vector<std::string> sets;      // a.b.c=VALUE, the last patch
};

void add_configuration_options(CLI::App& command, ConfigurationFiles& files);

// Reads, decodes and checks; every problem goes to `diagnostics`. Nullopt when it cannot be used.
// `is_static`: no secret, file or variable is needed (check --static).
// REQUIRES: `fs` outlives the plan.
std::optional<Plan> read_configuration(const ConfigurationFiles& files, const Registry& registry,
                                       FileSystem& fs, Diagnostics& diagnostics, bool is_static = false);

// Where nothing was named, fills in /etc/sluice. False when that does not exist either.
bool use_default_configuration(ConfigurationFiles& configuration, FileSystem& fs);

// What this machine is to a configuration: its name, its memory and its cores.
ReadOptions read_options(FileSystem& fs);

// The name of this machine: what $host.name reads.
std::string host_name();

// Whether to colour what goes to that descriptor: a terminal, and no NO_COLOR.
bool wants_colour(int descriptor);

}  // namespace pipeline
