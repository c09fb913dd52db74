#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/component/registry.h"
#include "pipeline/expr/label_setter.h"
#include "plugins/transforms/set/assignment.h"

namespace plugins::transforms::set {
namespace {

using pipeline::AnyTransform;
using pipeline::Arena;
using pipeline::Column;
using pipeline::FieldSlot;
using pipeline::kNoField;
using pipeline::LabelMode;
using pipeline::LabelSetter;
using pipeline::LabelSpec;
using pipeline::legal_label_name;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::Mention;
using pipeline::Name;
using pipeline::NameKind;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Signal;
using pipeline::Text;
using pipeline::TransformContext;
using pipeline::Usage;
using pipeline::Value;

struct Config {
  Assignments fields;
};

Schema<Config> schema() {
  Schema<Config> s("set", "Gives fields, the line, the tenant, labels or metadata new values.");
  s.field("fields", &Config::fields,
          "A map from name to text, applied in order. A text with a missing value changes nothing.",
          {.required = true, .example = "{$body: \"{msg}\", env: prod}"});
  s.main_option("fields");
  return s;
}

// One entry of the map, ready for a lane.
class Step {
 public:
  Step(const Assignment& assignment, const TransformContext& context)
      : target_(assignment.target), text_(assignment.text) {
    if (target_.kind == NameKind::label) {
      LabelSpec spec;
      // The name was checked when it was decoded; one that is not legal is made so.
      if (spec.add(legal_label_name(target_.key), text_)) {
        labels_.emplace(spec, LabelMode::overwrite);
        labels_->bind(context.fields, context.host_name);
      }
      return;
    }
    text_.bind(context.fields, context.host_name);
    const auto& mentions = text_.mentions();
    views_the_batch_ = mentions.size() == 1 && !mentions[0].name.starts_with('$') &&
                       text_.source() == "{" + mentions[0].name + "}";
    if (target_.kind == NameKind::field || target_.kind == NameKind::row)
      slot_ = context.fields.write(target_.text);
  }

  void apply(LogBatch& batch) {
    if (labels_) {
      labels_->apply(batch);
      return;
    }
    text_.start(batch);
    std::string_view latest;
    const auto each = [&](auto&& put) {
      batch.frame.live.for_each([&](std::size_t row) {
        std::string_view value = text_.render(row, views_the_batch_ ? batch.frame.arena : scratch_);
        if (value.data() == nullptr) return;
        if (!views_the_batch_) {
          // A text may be a view of this object, which a reload frees before the batch.
          if (latest.data() == nullptr || value != latest) latest = batch.frame.arena.copy(value);
          value = latest;
        }
        put(row, value);
      });
    };
    switch (target_.kind) {
      case NameKind::body:
        each([&](std::size_t row, std::string_view value) { batch.body[row] = value; });
        break;
      case NameKind::tenant:
        if (batch.tenant.empty()) batch.tenant.resize(batch.rows());
        each([&](std::size_t row, std::string_view value) { batch.tenant[row] = value; });
        break;
      case NameKind::metadata: {
        auto& column = batch.metadata_for_write(target_.key);
        each([&](std::size_t row, std::string_view value) { column[row] = value; });
        break;
      }
      default: {
        // A text that reads the column that it changes sees the values before.
        Column& column = batch.field_for_write(slot_);
        each([&](std::size_t row, std::string_view value) { column[row] = Value::string(value); });
      }
    }
    scratch_.clear();
  }

 private:
  Name target_;
  Text text_;
  std::optional<LabelSetter> labels_;
  FieldSlot slot_ = kNoField;
  bool views_the_batch_ = false;  // the text is one field as it is
  Arena scratch_;
};

class Transform final : public LogTransform {
 public:
  Transform(const Config& config, const TransformContext& context) {
    steps_.reserve(config.fields.entries.size());
    for (const Assignment& entry : config.fields.entries) steps_.emplace_back(entry, context);
  }
  void apply(LogBatch& batch) override {
    for (Step& step : steps_) step.apply(batch);
  }

 private:
  std::vector<Step> steps_;
};

void describe(const Config& config, Usage& usage) {
  for (const Assignment& entry : config.fields.entries) {
    for (const Mention& mention : entry.text.mentions())
      usage.reads.push_back({mention.name, entry.where});
    usage.writes.push_back({entry.target.text, entry.where});
    if (entry.target.kind == NameKind::body) usage.rewrites_body = true;
    if (entry.target.kind == NameKind::label)
      usage.labels.push_back(
          {legal_label_name(entry.target.key), entry.text.always_set(), entry.where});
    if (entry.target.kind == NameKind::metadata)
      usage.metadata.push_back({entry.target.key, entry.where});
  }
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  return std::make_unique<Transform>(config, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = ""}, describe,
                                 make);
}

}  // namespace plugins::transforms::set
