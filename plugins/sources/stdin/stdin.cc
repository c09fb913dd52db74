// The plugin's entry.
#include <memory>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"
#include "plugins/sources/stdin/stdin_source.h"

namespace plugins::sources::stdin {
namespace {

using pipeline::Result;
using pipeline::Schema;
using pipeline::Source;
using pipeline::SourceContext;
using pipeline::Usage;

Schema<Config> schema() {
  Schema<Config> s("stdin", "Reads lines from standard input until it ends.");
  s.field("max_line", &Config::max_line,
          "A longer line is cut off here, marked with the structured metadata truncated=\"true\" and "
          "counted in sluice_source_truncated_lines_total.",
          {.min = pipeline::Size{64}, .max = pipeline::Size{64 * 1024 * 1024}});
  s.field("labels", &Config::labels, "Labels for all records.");
  return s;
}

void describe(const Config& config, Usage& usage) {
  for (const auto& entry : config.labels.entries())
    usage.labels.push_back({entry.label, entry.text.always_set(), {}});
}

Result<std::unique_ptr<Source>> make(const Config& config, const SourceContext& context) {
  return std::make_unique<StdinSource>(config, context);
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_source<Config>(schema(), {.signals = {pipeline::Signal::logs}, .names = {}}, describe,
                              make);
}

}  // namespace plugins::sources::stdin
