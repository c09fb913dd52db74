#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/codec/time_parse.h"
#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"

namespace plugins::transforms::timestamp {
namespace {

using pipeline::AckGroup;
using pipeline::AnyTransform;
using pipeline::Auto;
using pipeline::Checker;
using pipeline::Counter;
using pipeline::EnumName;
using pipeline::FieldName;
using pipeline::FieldPlan;
using pipeline::FieldSlot;
using pipeline::Located;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::ParsedTime;
using pipeline::Part;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Signal;
using pipeline::TimeFormat;
using pipeline::TimeTie;
using pipeline::TimeZone;
using pipeline::TransformContext;
using pipeline::UnixNanos;
using pipeline::Usage;
using pipeline::Value;
using pipeline::ValueReader;

enum class OnError : std::uint8_t { pass, drop };
constexpr auto enum_names(OnError) {
  return std::array{EnumName{OnError::pass, "pass"}, EnumName{OnError::drop, "drop"}};
}

struct Config {
  std::vector<Located<FieldName>> field;
  std::vector<std::string> format = {"rfc3339"};
  std::string zone = "UTC";
  OnError on_error = OnError::pass;
  Auto<bool> tie_break;
};

// A clock that counts microseconds hardly gives two lines one time; a coarser one does all day.
constexpr unsigned kFineDigits = 6;

Schema<Config> schema() {
  Schema<Config> s("timestamp", "Takes a record's time from one of its fields.");
  s.field("field", &Config::field,
          "The field that holds the time, or several: the first that a record has and that parses "
          "counts. A record without any keeps the time when it was read.",
          {.required = true, .example = "ts", .non_empty = true, .single_or_list = true})
      .field("format", &Config::format,
             "How the time is written, or several ways, tried in order: `rfc3339`, `unix` or "
             "`unix_s`, `unix_ms`, `unix_us`, `unix_ns`, or a pattern such as `%d/%b/%Y:%H:%M:%S "
             "%z`.",
             {.non_empty = true, .single_or_list = true})
      .field("zone", &Config::zone,
             "Where the clock hangs, for times without an offset: `UTC`, `+01:00`, `Europe/Berlin` "
             "or `local`.")
      .field("on_error", &Config::on_error,
             "What becomes of a record whose field is no time. It is counted and has `$error` "
             "either way; passed on, it keeps the time when it was read.")
      .field(
          "tie_break", &Config::tie_break,
          "Adds 1 ns to the second line in a row with one time, 2 ns to the third and so on, so "
          "that Loki keeps equal lines apart and in order. `auto`: for times coarser than 1 us.");
  s.check(+[](const Config& config, Checker& checker) {
    for (const std::string& format : config.format) {
      const auto compiled = TimeFormat::compile(format);
      if (!compiled && !checker.is_static()) checker.error("format", compiled.error().message());
    }
  });
  return s;
}

class Transform final : public LogTransform {
 public:
  Transform(const Config& config, std::vector<TimeFormat> formats, const TransformContext& context)
      : plan_(context.fields),
        formats_(std::move(formats)),
        drops_(config.on_error == OnError::drop),
        tie_break_(config.tie_break.value),
        error_(context.fields.write("$error")),
        failures_(context.counter("sluice_parse_errors_total",
                                  "Records that a parser could not read.", {{"signal", "logs"}})) {
    for (const Located<FieldName>& field : config.field) {
      readers_.push_back(field.value.reader());
      readers_.back().bind(context.fields, context.host_name);
    }
  }

  void apply(LogBatch& batch) override {
    for (ValueReader& reader : readers_) reader.start(batch);
    for (Part& part : batch.frame.parts) {
      TimeTie tie = part.partition ? part.partition->tie : TimeTie{};
      batch.frame.live.for_each(part.first_row, part.first_row + part.rows, [&](std::size_t row) {
        ParsedTime time;
        switch (read(batch, row, time)) {
          case Found::time:
            batch.time[row] = apart(time, tie);
            break;
          case Found::nothing:
            break;
          case Found::no_time:
            fail(batch, row);
            break;
        }
      });
      if (part.partition) part.partition->tie = tie;
      // With the position goes the run of equal times that it stands in.
      if (AckGroup* const group = part.ack.group()) group->tie = tie;
    }
  }

 private:
  enum class Found : std::uint8_t { time, nothing, no_time };

  Found read(LogBatch& batch, std::size_t row, ParsedTime& time) {
    Found found = Found::nothing;
    for (ValueReader& reader : readers_) {
      const Value value = reader.at(row, batch.frame.arena);
      if (!value.has_text()) continue;
      found = Found::no_time;
      for (const TimeFormat& format : formats_) {
        // Until now the row's time is that of its reading, which a re-read gives again.
        if (const auto parsed = format.parse(value.text(), batch.time[row])) {
          time = *parsed;
          return Found::time;
        }
      }
    }
    return found;
  }

  // The k-th line in a row with one time gets k ns more than the first.
  UnixNanos apart(const ParsedTime& time, TimeTie& tie) const {
    const bool coarse = tie_break_.value_or(time.digits < kFineDigits);
    if (!coarse || time.ns != tie.last) {
      tie = {.last = time.ns, .count = 0};
      return time.ns;
    }
    ++tie.count;
    return time.ns + tie.count;
  }

  void fail(LogBatch& batch, std::size_t row) {
    failures_.add(1);
    if (plan_.is_read(error_) || plan_.reads_all())
      batch.field_for_write(error_)[row] = Value::string("timestamp: no format fits");
    if (drops_) batch.frame.live.clear(row);
  }

  const FieldPlan& plan_;
  std::vector<ValueReader> readers_;
  std::vector<TimeFormat> formats_;
  bool drops_;
  std::optional<bool> tie_break_;
  FieldSlot error_;
  Counter failures_;
};

void describe(const Config& config, Usage& usage) {
  for (const Located<FieldName>& field : config.field)
    usage.reads.push_back({field.value.name(), field.where});
  usage.writes.push_back({"$time", {}});
  usage.writes.push_back({"$error", {}});
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  auto zone = TimeZone::find(config.zone, context.fs);
  if (!zone) return std::unexpected(std::move(zone.error()).during("timestamp"));
  std::vector<TimeFormat> formats;
  for (const std::string& text : config.format) {
    auto format = TimeFormat::compile(text, *zone);
    if (!format) return std::unexpected(std::move(format.error()).during("timestamp"));
    formats.push_back(std::move(*format));
  }
  return std::make_unique<Transform>(config, std::move(formats), context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(
      schema(), {.signals = {Signal::logs}, .drop_reason = "parse_error"}, describe, make);
}

}  // namespace plugins::transforms::timestamp
