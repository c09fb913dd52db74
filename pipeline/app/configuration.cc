#include "pipeline/app/configuration.h"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

#include "pipeline/config/substitution.h"
#include "pipeline/topology/read_plan.h"

namespace pipeline {

void add_configuration_options(CLI::App& command, ConfigurationFiles& files) {
  command.add_option("FILE", files.paths, "Configuration files and directories; they are merged");
  command.add_option("--overlay", files.overlays, "A file that patches the configuration (RFC 7386)")
      ->type_name("FILE");
  command.add_option("--set", files.sets, "Sets one value, e.g. sinks.loki.url=http://127.0.0.1:3100")
      ->type_name("PATH=VALUE");
}

std::optional<Plan> read_configuration(const ConfigurationFiles& files, const Registry& registry,
                                       FileSystem& fs, Diagnostics& diagnostics, bool is_static) {
  Substitution substitution(fs);
  substitution.set_static_mode(is_static);
  Configuration read = read_configuration(
      LoadOptions{.paths = files.paths, .overlays = files.overlays, .sets = files.sets}, registry,
      substitution, diagnostics, read_options(fs));
  if (diagnostics.has_errors()) return std::nullopt;
  return std::move(read.plan);
}

bool use_default_configuration(ConfigurationFiles& configuration, FileSystem& fs) {
  if (!configuration.paths.empty()) return true;
  static constexpr const char* kDefaultConfiguration = "/etc/sluice";
  if (!fs.status(kDefaultConfiguration)) return false;
  configuration.paths = {kDefaultConfiguration};
  return true;
}

ReadOptions read_options(FileSystem& fs) {
  return {.host_name = host_name(),
          .resources = read_resources(fs, std::max(1u, std::thread::hardware_concurrency()))};
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

bool wants_colour(int descriptor) {
  const char* off = std::getenv("NO_COLOR");
  return (off == nullptr || *off == '\0') && ::isatty(descriptor) == 1;
}

}  // namespace pipeline
