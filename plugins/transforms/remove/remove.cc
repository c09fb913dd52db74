#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"
#include "plugins/transforms/remove/label_remover.h"

namespace plugins::transforms::remove {
namespace {

using pipeline::AnyTransform;
using pipeline::Checker;
using pipeline::Column;
using pipeline::FieldName;
using pipeline::FieldPlan;
using pipeline::FieldSlot;
using pipeline::Located;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::Name;
using pipeline::NameKind;
using pipeline::Path;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Signal;
using pipeline::split_path;
using pipeline::TransformContext;
using pipeline::Usage;
using pipeline::Value;

struct Config {
  std::vector<Located<FieldName>> fields;
};

bool removable(NameKind kind) {
  return kind == NameKind::field || kind == NameKind::row || kind == NameKind::label ||
         kind == NameKind::metadata || kind == NameKind::tenant;
}

Schema<Config> schema() {
  Schema<Config> s("remove", "Removes fields, labels and metadata from records.");
  s.field("fields", &Config::fields,
          "Names of fields (with everything below them), `$label.NAME`, `$meta.NAME`, `$tenant` or "
          "`$severity`. The line itself changes only with `encode`.",
          {.required = true, .example = "[password, $label.pod]", .single_or_list = true});
  s.main_option("fields");
  s.check(+[](const Config& config, Checker& checker) {
    for (const Located<FieldName>& field : config.fields) {
      if (field.value.empty() || removable(field.value.kind())) continue;
      checker.error("fields", "'" + field.value.name() + "' cannot be removed")
          .hint("fields, $label.NAME, $meta.NAME, $tenant and $severity can");
    }
  });
  return s;
}

class Transform final : public LogTransform {
 public:
  Transform(const Config& config, const TransformContext& context) : plan_(context.fields) {
    std::vector<std::string> labels;
    for (const Located<FieldName>& field : config.fields) {
      const Name& name = field.value.reference();
      switch (name.kind) {
        case NameKind::label:
          labels.push_back(name.key);
          break;
        case NameKind::metadata:
          metadata_.push_back(name.key);
          break;
        case NameKind::tenant:
          tenant_ = true;
          break;
        default:
          context.fields.write(name.text);
          paths_.push_back(name.path);
      }
    }
    labels_ = LabelRemover(std::move(labels));
  }

  void apply(LogBatch& batch) override {
    if (!ready_) find_slots();
    const bool all = batch.frame.live.count() == batch.rows();
    for (const FieldSlot slot : slots_) {
      if (batch.field(slot).empty()) continue;
      if (all) {
        batch.clear_field(slot);
        continue;
      }
      Column& column = batch.field_for_write(slot);
      batch.frame.live.for_each([&](std::size_t row) { column[row] = Value{}; });
    }
    for (const std::string& name : metadata_) {
      if (batch.find_metadata(name) == nullptr) continue;
      auto& column = batch.metadata_for_write(name);
      batch.frame.live.for_each([&](std::size_t row) { column[row] = {}; });
    }
    if (tenant_ && !batch.tenant.empty())
      batch.frame.live.for_each([&](std::size_t row) { batch.tenant[row] = {}; });
    labels_.apply(batch);
  }

 private:
  // A field is removed with what is below it. Not in the constructor: the plan was not complete.
  void find_slots() {
    ready_ = true;
    for (FieldSlot slot = 0; slot < plan_.size(); ++slot) {
      const Path path = split_path(plan_.name(slot));
      const bool below = std::any_of(paths_.begin(), paths_.end(), [&](const Path& removed) {
        return removed.reserved == path.reserved && removed.steps.size() <= path.steps.size() &&
               std::equal(removed.steps.begin(), removed.steps.end(), path.steps.begin());
      });
      if (below) slots_.push_back(slot);
    }
  }

  const FieldPlan& plan_;
  std::vector<Path> paths_;
  std::vector<FieldSlot> slots_;
  std::vector<std::string> metadata_;
  LabelRemover labels_;
  bool tenant_ = false;
  bool ready_ = false;
};

void describe(const Config& config, Usage& usage) {
  for (const Located<FieldName>& field : config.fields)
    usage.writes.push_back({field.value.name(), field.where});
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  return std::make_unique<Transform>(config, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = ""}, describe,
                                 make);
}

}  // namespace plugins::transforms::remove
