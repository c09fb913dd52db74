#include <memory>
#include <string>
#include <utility>

#include "pipeline/component/registry.h"
#include "plugins/transforms/encode/row_writer.h"

namespace plugins::transforms::encode {
namespace {

using pipeline::AnyTransform;
using pipeline::Arena;
using pipeline::EnumName;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Signal;
using pipeline::TransformContext;
using pipeline::Usage;

enum class Format : std::uint8_t { json, logfmt };
constexpr auto enum_names(Format) {
  return std::array{EnumName{Format::json, "json"}, EnumName{Format::logfmt, "logfmt"}};
}

struct Config {
  Format format = Format::json;
};

Schema<Config> schema() {
  Schema<Config> s("encode", "Writes the fields back as the new line.");
  s.field("format", &Config::format, "How the line is written.");
  s.main_option("format");
  return s;
}

class Transform final : public LogTransform {
 public:
  Transform(const Config& config, const TransformContext& context)
      : format_(config.format), reader_(context.fields) {
    context.fields.read_all();
    context.fields.read("$error");
    // Set by parsers that turn all of the line into columns: what has no value then was removed.
    context.fields.read("$parsed");
  }

  void apply(LogBatch& batch) override {
    reader_.start(batch);
    batch.frame.live.for_each([&](std::size_t row) {
      const auto* const members = reader_.members(batch, row, scratch_);
      if (members != nullptr) {
        line_.clear();
        if (format_ == Format::json) {
          write_json(line_, *members);
        } else {
          write_logfmt(line_, *members);
        }
        batch.body[row] = batch.frame.arena.copy(line_);
      }
      scratch_.clear();
    });
  }

 private:
  Format format_;
  RowReader reader_;
  Arena scratch_;  // of the row in hand
  std::string line_;
};

void describe(const Config&, Usage& usage) {
  usage.encodes_body = true;
  usage.writes.push_back({"$body", {}});
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  return std::make_unique<Transform>(config, context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = ""}, describe,
                                 make);
}

}  // namespace plugins::transforms::encode
