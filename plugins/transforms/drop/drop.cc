#include <memory>
#include <utility>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"

namespace plugins::transforms::drop {
namespace {

using pipeline::AnyTransform;
using pipeline::Condition;
using pipeline::Counter;
using pipeline::EvalContext;
using pipeline::Located;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::Mention;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Selection;
using pipeline::Signal;
using pipeline::TransformContext;
using pipeline::Usage;

struct Config {
  Located<Condition> condition;
};

Schema<Config> schema() {
  Schema<Config> s("drop", "Drops the records for which a condition holds.");
  s.field("condition", &Config::condition, "Records for which it holds are dropped.",
          {.required = true, .example = "'level == \"debug\"'"});
  s.main_option("condition");
  return s;
}

class Transform final : public LogTransform {
 public:
  Transform(Condition condition, const TransformContext& context)
      : condition_(std::move(condition)),
        context_(context.clock),
        failures_(context.counter(
            "sluice_expression_conversion_failures_total",
            "Values that an expression asked to convert and that do not; they count as missing.")) {
    condition_.bind(context.fields, context.host_name);
  }

  void apply(LogBatch& batch) override {
    condition_.evaluate(batch, batch.frame.live, hits_, context_);
    batch.frame.live.subtract(hits_);
    failures_.add(std::exchange(context_.conversion_failures, 0));
  }

 private:
  Condition condition_;
  EvalContext context_;
  Counter failures_;
  Selection hits_;
};

void describe(const Config& config, Usage& usage) {
  for (const Mention& mention : config.condition.value.mentions())
    usage.reads.push_back({mention.name, config.condition.where});
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  return std::make_unique<Transform>(config.condition.value, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = "drop"},
                                 describe, make);
}

}  // namespace plugins::transforms::drop
