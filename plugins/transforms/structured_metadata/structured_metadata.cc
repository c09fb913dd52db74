#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"

namespace plugins::transforms::structured_metadata {
namespace {

using pipeline::AnyTransform;
using pipeline::Arena;
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
using pipeline::Text;
using pipeline::TransformContext;
using pipeline::Usage;

struct Config {
  Located<LabelSpec> metadata;
};

Schema<Config> schema() {
  Schema<Config> s("structured_metadata",
                   "Attaches names and values to a record that do not make it another stream.");
  s.field("metadata", &Config::metadata,
          "Names whose values are attached, or a map from name to text. A missing or empty value "
          "attaches nothing.",
          {.required = true, .example = "[trace_id, $stream]"});
  s.main_option("metadata");
  return s;
}

class Transform final : public LogTransform {
 public:
  Transform(const LabelSpec& spec, const TransformContext& context) {
    for (const LabelSpec::Entry& entry : spec.entries()) {
      entries_.push_back({entry.label, entry.text});
      entries_.back().text.bind(context.fields, context.host_name);
    }
  }

  void apply(LogBatch& batch) override {
    for (Entry& entry : entries_) {
      Text& text = entry.text;
      text.start(batch);
      std::vector<std::string_view>* column = nullptr;
      std::string_view latest;  // the copy of it, where rows in a row have the same text
      batch.frame.live.for_each([&](std::size_t row) {
        const std::string_view value = text.render(row, scratch_);
        if (value.empty()) return;
        if (column == nullptr) column = &batch.metadata_for_write(entry.name);
        // A text may be a view of this object, which a reload frees before the batch.
        if (value != latest) latest = batch.frame.arena.copy(value);
        (*column)[row] = latest;
      });
      scratch_.clear();
    }
  }

 private:
  struct Entry {
    std::string name;
    Text text;
  };
  std::vector<Entry> entries_;
  Arena scratch_;
};

void describe(const Config& config, Usage& usage) {
  for (const LabelSpec::Entry& entry : config.metadata.value.entries()) {
    const Location where = entry.where ? entry.where : config.metadata.where;
    for (const Mention& mention : entry.text.mentions())
      usage.reads.push_back({mention.name, where});
    usage.metadata.push_back({entry.label, where});
  }
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  return std::make_unique<Transform>(config.metadata.value, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = ""}, describe,
                                 make);
}

}  // namespace plugins::transforms::structured_metadata
