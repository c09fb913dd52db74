// The plugin's entry: options, what `check` is told, and the factory.
#include <sys/resource.h>

#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"
#include "plugins/sources/file/config.h"
#include "plugins/sources/file/file_source.h"
#include "plugins/sources/file/glob.h"

namespace plugins::sources::file {

using pipeline::Checker;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Source;
using pipeline::SourceContext;
using pipeline::Usage;

namespace {

std::string working_directory() {
  std::error_code code;
  return std::filesystem::current_path(code).string();
}

Schema<Config> schema() {
  using namespace std::chrono_literals;
  using pipeline::operator""_MiB;
  Schema<Config> s("file", "Follows files and reads them line by line.");
  s.field("include", &Config::include,
          "Patterns of the files to read: `*` and `?` within a name, `[a-z]`, `{a,b}`, `**` for any "
          "number of directories. Links are followed.",
          {.required = true, .example = "[/var/log/app/*.log]", .non_empty = true,
           .single_or_list = true});
  s.field("exclude", &Config::exclude,
          "Patterns of files that are not read although `include` matches. One without a slash is "
          "compared with the file's name alone.",
          {.single_or_list = true});
  s.field("start_at", &Config::start_at,
          "Where files are read from that exist when this source starts for the first time. Files "
          "that appear later are read from their beginning.");
  s.field("ignore_older", &Config::ignore_older,
          "Files without a stored position that were last written before this are not read; counted "
          "in sluice_source_skipped_files_total. 0: never.");
  s.field("format", &Config::format, "How records stand in the file.");
  s.field("encoding", &Config::encoding,
          "How the file's bytes are characters; auto: UTF-16 with a byte order mark, else UTF-8.");
  s.field("max_line", &Config::max_line,
          "A longer line is cut off here, marked with the structured metadata truncated=\"true\" and "
          "counted in sluice_source_truncated_lines_total.",
          {.min = pipeline::Size{64}, .max = 64_MiB});
  s.field("idle_flush", &Config::idle_flush,
          "How long a last line without newline waits for the rest of it.", {.min = 10ms});
  s.field("rotate_wait", &Config::rotate_wait,
          "How long a file that was renamed or removed is kept open after its writer has stopped.");
  s.field("max_open_files", &Config::max_open_files,
          "Files that are open at a time; others are opened again when they grow. Files that were "
          "renamed or removed stay open until they are read, beyond this if need be. Never more than a "
          "quarter of the descriptors that the process may have.",
          {.min = 8});
  s.field("watch", &Config::watch,
          "How changes are noticed. `poll` is for network file systems, where the kernel reports "
          "only changes of its own.");
  s.field("sweep_interval", &Config::sweep_interval,
          "How often all files are looked at besides.", {.min = 100ms});
  s.field("poll_interval", &Config::poll_interval,
          "How often all files are looked at where the kernel does not report changes.",
          {.min = 10ms});
  s.field("exclude_self", &Config::exclude_self,
          "Do not read what this agent itself writes: the file behind its standard output and error "
          "and, on Kubernetes, the logs of its own pod (POD_UID).");
  s.field("labels", &Config::labels,
          "Labels for all records, from constants and from what is known of a file.");
  s.check(+[](const Config& config, Checker& checker) {
    if (config.format != Format::lines)
      checker.error("format",
                    fmt::format("format '{}' is not available in this version",
                                pipeline::enum_name(config.format)))
          .hint("use 'lines'");
    for (const std::string& pattern : config.include)
      if (const auto glob = Glob::parse(pattern); !glob)
        checker.error("include", glob.error().message());
    for (const std::string& pattern : config.exclude)
      if (const auto glob = Glob::parse(pattern); !glob)
        checker.error("exclude", glob.error().message());
  });
  return s;
}

void describe(const Config& config, Usage& usage) {
  for (const std::string& pattern : config.include) usage.reads_files.push_back({pattern, {}});
  for (const std::string& pattern : config.exclude) usage.skips_files.push_back({pattern, {}});
  for (const auto& entry : config.labels.entries())
    usage.labels.push_back({entry.label, entry.text.always_set(), {}});
}

// Connections, listeners, queues and other sources need descriptors too: files take at most a quarter
// of what the process may open.
std::uint32_t descriptors_for_files() {
  rlimit limit{};
  constexpr std::uint32_t kLeast = 4;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return ~std::uint32_t{0};
  const rlim_t share = std::min<rlim_t>(limit.rlim_cur / 4, ~std::uint32_t{0});
  return std::max(kLeast, static_cast<std::uint32_t>(share));
}

Result<std::unique_ptr<Source>> make(const Config& config, const SourceContext& context) {
  Result<PathFilter> filter =
      PathFilter::make(config.include, config.exclude, working_directory());
  if (!filter) return std::unexpected(filter.error());
  Config bounded = config;
  bounded.max_open_files = std::min(bounded.max_open_files, descriptors_for_files());
  return std::make_unique<FileSource>(std::move(bounded), std::move(*filter), context);
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_source<Config>(schema(),
                              {.signals = {pipeline::Signal::logs},
                               .replayable = true,
                               .names = {"file.path", "file.name", "file.dir"}},
                              describe, make);
}

}  // namespace plugins::sources::file
