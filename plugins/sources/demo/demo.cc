// The plugin's entry.
#include <memory>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"
#include "plugins/sources/demo/demo_source.h"

namespace plugins::sources::demo {
namespace {

using pipeline::Checker;
using pipeline::Rate;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Source;
using pipeline::SourceContext;
using pipeline::Usage;

Schema<Config> schema() {
  Schema<Config> s("demo", "Makes realistic log lines at a set rate.");
  s.field("rate", &Config::rate, "Lines per second.",
          {.min = Rate{0.01, false}, .max = Rate{10'000'000, false}});
  s.field("count", &Config::count, "Lines to make; the source then ends. 0: until it is stopped.");
  s.field("seed", &Config::seed, "The same seed gives the same lines, up to the times in them.");
  s.field("format", &Config::format,
          "How lines are written; mixed: most of them JSON, the others logfmt, plain text and stack "
          "traces.");
  s.field("labels", &Config::labels, "Labels for all records.");
  s.check(+[](const Config& config, Checker& checker) {
    if (config.rate.in_bytes)
      checker.error("rate", "the rate counts lines, not bytes").hint("write for example '1000/s'");
  });
  return s;
}

void describe(const Config& config, Usage& usage) {
  for (const auto& entry : config.labels.entries())
    usage.labels.push_back({entry.label, entry.text.always_set(), {}});
}

Result<std::unique_ptr<Source>> make(const Config& config, const SourceContext& context) {
  return std::make_unique<DemoSource>(config, context);
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_source<Config>(schema(), {.signals = {pipeline::Signal::logs}, .names = {}}, describe,
                              make);
}

}  // namespace plugins::sources::demo
