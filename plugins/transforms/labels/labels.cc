#include <memory>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"
#include "pipeline/expr/label_setter.h"

namespace plugins::transforms::labels {
namespace {

using pipeline::AnyTransform;
using pipeline::LabelMode;
using pipeline::LabelSetter;
using pipeline::LabelSpec;
using pipeline::Located;
using pipeline::Location;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::Mention;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Signal;
using pipeline::TransformContext;
using pipeline::Usage;

struct Config {
  Located<LabelSpec> labels;
};

Schema<Config> schema() {
  Schema<Config> s("labels", "Sets labels: what a record's stream is known by.");
  s.field("labels", &Config::labels,
          "Names whose values become labels, or a map from label to text. A missing or empty value "
          "sets no label. Labels of the same name that the source set are replaced.",
          {.required = true, .example = "[level, service]"});
  s.main_option("labels");
  return s;
}

class Transform final : public LogTransform {
 public:
  Transform(const LabelSpec& spec, const TransformContext& context)
      : setter_(spec, LabelMode::overwrite) {
    setter_.bind(context.fields, context.host_name);
  }
  void apply(LogBatch& batch) override { setter_.apply(batch); }

 private:
  LabelSetter setter_;
};

void describe(const Config& config, Usage& usage) {
  for (const LabelSpec::Entry& entry : config.labels.value.entries()) {
    const Location where = entry.where ? entry.where : config.labels.where;
    for (const Mention& mention : entry.text.mentions())
      usage.reads.push_back({mention.name, where});
    usage.labels.push_back({entry.label, entry.text.always_set(), where});
  }
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  return std::make_unique<Transform>(config.labels.value, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = ""}, describe,
                                 make);
}

}  // namespace plugins::transforms::labels
