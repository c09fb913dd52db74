#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/codec/json.h"
#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"
#include "pipeline/expr/path.h"
#include "plugins/transforms/json/unplanned.h"

namespace plugins::transforms::json {
namespace {

using pipeline::AnyTransform;
using pipeline::Checker;
using pipeline::Column;
using pipeline::Counter;
using pipeline::EnumName;
using pipeline::FieldName;
using pipeline::FieldPlan;
using pipeline::FieldSlot;
using pipeline::JsonCheck;
using pipeline::JsonExtractor;
using pipeline::JsonFault;
using pipeline::JsonMember;
using pipeline::JsonPath;
using pipeline::Located;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::NameStep;
using pipeline::parse_name;
using pipeline::Path;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Signal;
using pipeline::split_path;
using pipeline::TransformContext;
using pipeline::Usage;
using pipeline::Value;
using pipeline::ValueReader;
using pipeline::ValueType;

enum class OnError : std::uint8_t { pass, drop };
constexpr auto enum_names(OnError) {
  return std::array{EnumName{OnError::pass, "pass"}, EnumName{OnError::drop, "drop"}};
}

struct Config {
  Located<FieldName> field;
  std::string prefix;
  OnError on_error = OnError::pass;
  bool strict = false;
};

Schema<Config> schema() {
  Schema<Config> s("json", "Takes fields out of records that are JSON objects.");
  s.field("field", &Config::field, "What to parse instead of the line: a field that holds JSON.")
      .field("prefix", &Config::prefix,
             "A name that the fields are put below: `prefix: app` makes `msg` the field `app.msg`.",
             {.example = "app"})
      .field("on_error", &Config::on_error,
             "What becomes of a record that does not parse. It is counted and has `$error` either "
             "way.")
      .field("strict", &Config::strict,
             "Refuse lines that are not valid JSON (RFC 8259) to their last byte, instead of up to "
             "the last field that somebody needs.");
  s.check(+[](const Config& config, Checker& checker) {
    if (config.prefix.empty()) return;
    const auto name = parse_name(config.prefix);
    if (!name || name->reserved) {
      checker.error("prefix", "'" + config.prefix + "' is not a name that fields can have")
          .hint("write a plain name, such as `app`");
    }
  });
  return s;
}

class Transform final : public LogTransform {
 public:
  Transform(const Config& config, const TransformContext& context)
      : plan_(context.fields),
        field_(config.field.value.reader()),
        parses_line_(config.field.value.empty()),
        drops_(config.on_error == OnError::drop),
        strict_(config.strict),
        error_(context.fields.write("$error")),
        parsed_(context.fields.write(std::string(kParsed))),
        failures_(context.counter("sluice_parse_errors_total",
                                  "Records that a parser could not read.", {{"signal", "logs"}})) {
    if (!parses_line_) field_.bind(context.fields, context.host_name);
    if (!config.prefix.empty()) prefix_ = parse_name(config.prefix)->steps;
  }

  void apply(LogBatch& batch) override {
    if (!extractor_) compile();
    if (idle_) return;
    if (!parses_line_) field_.start(batch);
    if (unplanned_) unplanned_->start();
    columns_.assign(slots_.size(), nullptr);
    Column* parsed = nullptr;
    batch.frame.live.for_each([&](std::size_t row) {
      std::string_view text = batch.body[row];
      if (!parses_line_) {
        const Value value = field_.at(row, batch.frame.arena);
        if (!value.has_text()) return;
        text = value.text();
      }
      const JsonFault fault =
          unplanned_ ? extractor_->extract_all(text, values_, members_, batch.frame.arena)
                     : extractor_->extract(text, values_, batch.frame.arena);
      if (fault != JsonFault::none) {
        fail(batch, row, fault);
        return;
      }
      for (std::size_t i = 0; i < values_.size(); ++i) {
        if (values_[i].is_missing()) continue;
        if (columns_[i] == nullptr) columns_[i] = &batch.field_for_write(slots_[i]);
        (*columns_[i])[row] = values_[i];
      }
      if (unplanned_) unplanned_->add(batch, row, members_);
      if (marks_parsed_) {
        if (parsed == nullptr) parsed = &batch.field_for_write(parsed_);
        (*parsed)[row] = {ValueType::boolean, "true"};
      }
    });
  }

 private:
  // What `encode` asks: whether all of the line's members are columns now.
  static constexpr std::string_view kParsed = "$parsed";

  // The plan is complete only after every factory has run, so not in the constructor.
  void compile() {
    std::vector<JsonPath> paths;
    for (FieldSlot slot = 0; slot < plan_.size(); ++slot) {
      if (!plan_.is_read(slot) && !plan_.reads_all()) continue;
      const Path path = split_path(plan_.name(slot));
      if (path.reserved || path.steps.size() <= prefix_.size()) continue;
      if (!std::equal(prefix_.begin(), prefix_.end(), path.steps.begin())) continue;
      JsonPath steps;
      for (std::size_t i = prefix_.size(); i < path.steps.size(); ++i) {
        const NameStep& step = path.steps[i];
        steps.push_back({.key = step.key, .index = step.index, .is_index = step.is_index});
      }
      if (steps.front().is_index) continue;  // `prefix[0]` is no member of an object
      paths.push_back(std::move(steps));
      slots_.push_back(slot);
    }
    values_.resize(paths.size());
    if (plan_.reads_all()) unplanned_.emplace(plan_, prefix_);
    marks_parsed_ = parses_line_ && plan_.is_read(parsed_);
    // Whether a record is JSON must not depend on what is demanded when it decides its fate.
    const bool whole = drops_ || plan_.is_read(error_);
    const JsonCheck check = strict_ ? JsonCheck::strict
                            : whole ? JsonCheck::structure
                                    : JsonCheck::prefix;
    idle_ = check == JsonCheck::prefix && paths.empty() && !unplanned_;
    extractor_.emplace(paths, check);
  }

  void fail(LogBatch& batch, std::size_t row, JsonFault fault) {
    failures_.add(1);
    if (plan_.is_read(error_) || plan_.reads_all())
      batch.field_for_write(error_)[row] = Value::string(pipeline::describe(fault));
    if (drops_) batch.frame.live.clear(row);
  }

  const FieldPlan& plan_;
  ValueReader field_;
  bool parses_line_;
  bool drops_;
  bool strict_;
  FieldSlot error_;
  FieldSlot parsed_;
  Counter failures_;
  std::vector<NameStep> prefix_;

  std::optional<JsonExtractor> extractor_;
  bool idle_ = false;
  bool marks_parsed_ = false;
  std::vector<FieldSlot> slots_;  // by path
  std::vector<Value> values_;     // of the row in hand, by path
  std::vector<Column*> columns_;  // of the batch in hand, by path
  std::vector<JsonMember> members_;
  std::optional<Unplanned> unplanned_;  // when somebody wants every field
};

void describe(const Config& config, Usage& usage) {
  if (config.field.value.empty()) {
    usage.parses_body = true;
    usage.reads.push_back({"$body", {}});
  } else {
    usage.reads.push_back({config.field.value.name(), config.field.where});
  }
  usage.parses.push_back({config.prefix, {}});
  usage.writes.push_back({"$error", {}});
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  return std::make_unique<Transform>(config, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(
      schema(), {.signals = {Signal::logs}, .drop_reason = "parse_error"}, describe, make);
}

}  // namespace plugins::transforms::json
