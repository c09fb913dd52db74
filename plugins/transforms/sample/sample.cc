#include <xxhash.h>

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"

namespace plugins::transforms::sample {
namespace {

using pipeline::AnyTransform;
using pipeline::Checker;
using pipeline::Condition;
using pipeline::EvalContext;
using pipeline::FieldName;
using pipeline::is_legal_label_name;
using pipeline::Located;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::Mention;
using pipeline::Part;
using pipeline::Ratio;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Selection;
using pipeline::Signal;
using pipeline::TransformContext;
using pipeline::Usage;
using pipeline::Value;
using pipeline::ValueReader;

struct Config {
  Ratio ratio;
  Located<FieldName> key;
  std::optional<Located<Condition>> always;
  std::string weight;
};

Schema<Config> schema() {
  Schema<Config> s("sample",
                   "Keeps a share of the records, and the same ones again after a crash.");
  s.field("ratio", &Config::ratio, "The share that is kept.", {.required = true, .example = "10%"})
      .field("key", &Config::key,
             "Decide by this field's value, so that all lines of a trace or a session stay "
             "together. A record without it is decided by its position in the file, as all are "
             "when there is no key.")
      .field("always", &Config::always, "Records for which this expression holds are always kept.",
             {.example = "'level == \"error\"'"})
      .field("weight", &Config::weight,
             "Name of the structured metadata that says how many records a kept one stands for: 10 "
             "at a ratio of 10%. Records kept by `always` stand for themselves and get none.",
             {.example = "sample_weight"});
  s.main_option("ratio");
  s.check(+[](const Config& config, Checker& checker) {
    if (!config.weight.empty() && !is_legal_label_name(config.weight)) {
      checker
          .error("weight",
                 "'" + config.weight + "' is not a name that structured metadata can have")
          .hint("write letters, digits and _");
    }
  });
  return s;
}

// Seeds keep the two ways of deciding apart. Fixed: a re-read, another agent and a later version
// must decide the same.
constexpr XXH64_hash_t kKeySeed = 0x736c75696365'01;
constexpr XXH64_hash_t kPositionSeed = 0x736c75696365'02;

class Transform final : public LogTransform {
 public:
  Transform(const Config& config, const TransformContext& context)
      : key_(config.key.value.reader()),
        has_key_(!config.key.value.empty()),
        keeps_all_(config.ratio.value >= 1),
        // 2^64 as a double is exact; a ratio of 1 would not fit and is treated apart.
        threshold_(keeps_all_ ? std::numeric_limits<std::uint64_t>::max()
                              : static_cast<std::uint64_t>(config.ratio.value * 0x1p64)),
        weight_name_(config.weight),
        eval_(context.clock) {
    if (has_key_) key_.bind(context.fields, context.host_name);
    if (config.always) {
      always_.emplace(config.always->value);
      always_->bind(context.fields, context.host_name);
    }
    if (config.ratio.value > 0) weight_ = fmt::format("{:.6g}", 1 / config.ratio.value);
  }

  void apply(LogBatch& batch) override {
    if (keeps_all_ && weight_name_.empty()) return;
    if (has_key_) key_.start(batch);
    if (always_) always_->evaluate(batch, batch.frame.live, kept_, eval_);
    std::vector<std::string_view>* weights = nullptr;
    std::string_view weight;
    for (const Part& part : batch.frame.parts) {
      const std::uint64_t identity = part.partition ? part.partition->identity() : 0;
      batch.frame.live.for_each(part.first_row, part.first_row + part.rows, [&](std::size_t row) {
        if (always_ && kept_.test(row)) return;
        if (!keeps_all_ && hash(batch, part, identity, row) >= threshold_) {
          batch.frame.live.clear(row);
          return;
        }
        if (weight_name_.empty()) return;
        if (weights == nullptr) {
          weights = &batch.metadata_for_write(weight_name_);
          weight = batch.frame.arena.copy(weight_);
        }
        (*weights)[row] = weight;
      });
    }
  }

 private:
  std::uint64_t hash(LogBatch& batch, const Part& part, std::uint64_t identity, std::size_t row) {
    if (has_key_) {
      const Value value = key_.at(row, batch.frame.arena);
      if (value.has_text()) {
        const std::string_view text = value.text();
        return XXH64(text.data(), text.size(), kKeySeed);
      }
    }
    const std::array<std::uint64_t, 2> place = {identity, part.begin + batch.offset[row]};
    return XXH64(place.data(), sizeof place, kPositionSeed);
  }

  ValueReader key_;
  bool has_key_;
  bool keeps_all_;
  std::uint64_t threshold_;
  std::string weight_name_;
  std::string weight_;
  std::optional<Condition> always_;
  EvalContext eval_;
  Selection kept_;
};

void describe(const Config& config, Usage& usage) {
  if (!config.key.value.empty()) usage.reads.push_back({config.key.value.name(), config.key.where});
  if (config.always) {
    for (const Mention& mention : config.always->value.mentions())
      usage.reads.push_back({mention.name, config.always->where});
  }
  if (!config.weight.empty()) usage.metadata.push_back({config.weight, {}});
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  return std::make_unique<Transform>(config, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = "sample"},
                                 describe, make);
}

}  // namespace plugins::transforms::sample
