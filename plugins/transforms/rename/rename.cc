#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/codec/json.h"
#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"

namespace plugins::transforms::rename {
namespace {

using pipeline::AnyTransform;
using pipeline::canonical_name;
using pipeline::Checker;
using pipeline::Column;
using pipeline::Errc;
using pipeline::failure;
using pipeline::FieldName;
using pipeline::FieldPlan;
using pipeline::FieldSlot;
using pipeline::JsonCheck;
using pipeline::JsonExtractor;
using pipeline::JsonPath;
using pipeline::Located;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::NameKind;
using pipeline::NameStep;
using pipeline::OrderedMap;
using pipeline::Path;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Signal;
using pipeline::split_path;
using pipeline::TransformContext;
using pipeline::Usage;
using pipeline::Value;
using pipeline::ValueType;

struct Config {
  OrderedMap<Located<FieldName>> fields;
};

Schema<Config> schema() {
  Schema<Config> s("rename", "Gives fields other names.");
  s.field(
      "fields", &Config::fields,
      "A map from the old name to the new one, applied in order. A record without the old field "
      "stays as it is; one that has both loses the new one's value.",
      {.required = true, .example = "{msg: message}"});
  s.main_option("fields");
  s.check(+[](const Config& config, Checker& checker) {
    for (const auto& [from, to] : config.fields) {
      const auto old = FieldName::compile(from);
      if (!old || old->kind() != NameKind::field) {
        checker.error("fields", "'" + from + "' is not a field, so it cannot be renamed")
            .hint("write the name of a field, such as `msg`");
      } else if (!to.value.empty() && to.value.kind() != NameKind::field) {
        checker.error("fields", "a field cannot be renamed to '" + to.value.name() + "'")
            .hint("`set`, `labels` and `structured_metadata` give other names a value");
      }
    }
  });
  return s;
}

// One field's move, ready for a lane.
class Move {
 public:
  Move(const Path& from, const Path& to, FieldPlan& plan)
      : plan_(plan),
        from_(from),
        to_(to),
        old_(plan.read(canonical_name(from))),
        new_(plan.write(canonical_name(to))) {}

  void apply(LogBatch& batch) {
    if (!ready_) find_slots();
    if (old_ == new_ || batch.field(old_).empty()) return;
    // The old column may be the field's own children's too: what is below the old name goes.
    Column& target = batch.field_for_write(new_);
    Column& source = batch.field_for_write(old_);
    inner_columns_.assign(inner_.size(), nullptr);
    batch.frame.live.for_each([&](std::size_t row) {
      const Value value = source[row];
      if (value.is_missing()) return;
      target[row] = value;
      source[row] = Value{};
      for (const FieldSlot slot : below_old_)
        if (!batch.field(slot).empty()) batch.field_for_write(slot)[row] = Value{};
      open(batch, row, value);
    });
  }

 private:
  static bool is_below(const Path& path, const Path& top) {
    return !path.reserved && path.steps.size() > top.steps.size() &&
           std::equal(top.steps.begin(), top.steps.end(), path.steps.begin());
  }

  // Not in the constructor: the plan was not complete.
  void find_slots() {
    ready_ = true;
    std::vector<JsonPath> paths;
    for (FieldSlot slot = 0; slot < plan_.size(); ++slot) {
      const Path path = split_path(plan_.name(slot));
      if (is_below(path, from_)) below_old_.push_back(slot);
      if (!is_below(path, to_)) continue;
      JsonPath inner;
      for (std::size_t i = to_.steps.size(); i < path.steps.size(); ++i) {
        const NameStep& step = path.steps[i];
        inner.push_back({.key = step.key, .index = step.index, .is_index = step.is_index});
      }
      if (inner.front().is_index) continue;
      paths.push_back(std::move(inner));
      inner_.push_back(slot);
    }
    values_.resize(paths.size());
    if (!paths.empty()) extractor_.emplace(paths, JsonCheck::prefix);
  }

  // Somebody reads `new.x`: it comes out of the object that has moved there.
  void open(LogBatch& batch, std::size_t row, const Value& value) {
    if (!extractor_) return;
    if (value.type() == ValueType::json) {
      extractor_->extract(value.text(), values_, batch.frame.arena);
    } else {
      std::fill(values_.begin(), values_.end(), Value{});
    }
    for (std::size_t i = 0; i < inner_.size(); ++i) {
      if (inner_columns_[i] == nullptr) inner_columns_[i] = &batch.field_for_write(inner_[i]);
      (*inner_columns_[i])[row] = values_[i];
    }
  }

  const FieldPlan& plan_;
  Path from_;
  Path to_;
  FieldSlot old_;
  FieldSlot new_;
  bool ready_ = false;
  std::vector<FieldSlot> below_old_;
  std::optional<JsonExtractor> extractor_;
  std::vector<FieldSlot> inner_;  // below the new name, by path of the extractor
  std::vector<Value> values_;
  std::vector<Column*> inner_columns_;
};

class Transform final : public LogTransform {
 public:
  Transform(const Config& config, const TransformContext& context) {
    for (const auto& [from, to] : config.fields)
      moves_.emplace_back(FieldName::compile(from)->path(), to.value.path(), context.fields);
  }
  void apply(LogBatch& batch) override {
    for (Move& move : moves_) move.apply(batch);
  }

 private:
  std::vector<Move> moves_;
};

void describe(const Config& config, Usage& usage) {
  for (const auto& [from, to] : config.fields) {
    usage.reads.push_back({from, to.where});
    usage.writes.push_back({from, to.where});
    usage.writes.push_back({to.value.name(), to.where});
  }
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  for (const auto& [from, to] : config.fields) {
    if (to.value.empty())
      return failure(Errc::invalid_data, "rename: '" + from + "' has no new name");
  }
  return std::make_unique<Transform>(config, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = ""}, describe,
                                 make);
}

}  // namespace plugins::transforms::rename
