#include <array>
#include <memory>
#include <string>
#include <utility>

#include "pipeline/component/delivery_options.h"
#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"
#include "plugins/sinks/file/encoder.h"
#include "plugins/sinks/file/writer.h"

namespace plugins::sinks::file {

using namespace pipeline::size_literals;
using pipeline::AnyEncoder;
using pipeline::Encoded;
using pipeline::FieldPlan;
using pipeline::Result;
using pipeline::Sink;
using pipeline::SinkContext;

enum class Compression : std::uint8_t { none, zstd };
constexpr auto enum_names(Compression) {
  return std::array{pipeline::EnumName{Compression::none, "none"},
                    pipeline::EnumName{Compression::zstd, "zstd"}};
}
constexpr auto enum_names(Format) {
  return std::array{pipeline::EnumName{Format::json, "json"},
                    pipeline::EnumName{Format::line, "line"}};
}

struct RotateOptions {
  pipeline::Size size{0};
  pipeline::Duration age{0};
};

void describe_options(pipeline::Schema<RotateOptions>& schema) {
  schema.field("size", &RotateOptions::size,
               "Start a new file before this one becomes larger; 0 for never.");
  schema.field("age", &RotateOptions::age,
               "Start a new file when this one has been open for so long and another record comes; "
               "0 for never.");
}

namespace {

struct Config {
  pipeline::Located<pipeline::Text> path;
  Format format = Format::json;
  RotateOptions rotate;
  Compression compression = Compression::none;
  std::uint64_t max_files = 1000;
  pipeline::BatchOptions batch;
  pipeline::QueueOptions queue;
  pipeline::RetryOptions retry;
};

std::string_view suffix_of(const Config& config) {
  return config.compression == Compression::zstd ? ".zst" : "";
}

pipeline::Schema<Config> schema() {
  pipeline::Schema<Config> s("file", "Writes log records to files, one a line.");
  s.field(
      "path", &Config::path,
      "The file. It may hold names behind a fixed directory: `/archive/{$tenant|none}/log.jsonl`.",
      {.required = true, .example = "/var/lib/sluice/out.jsonl"});
  s.field("format", &Config::format,
          "`json` is an object with time, labels, metadata and line; `line` the line alone.");
  s.field("rotate", &Config::rotate,
          "When to start a new file; the old one gets the time at the end of its name.");
  s.field("compression", &Config::compression,
          "`zstd` writes a frame per request and adds `.zst` to the name.");
  s.field("max_files", &Config::max_files,
          "Files that the names in `path` may bring into being; records of further ones are lost "
          "(overflow). 0 for any "
          "number.");
  s.field("batch", &Config::batch, "When a request is complete.");
  s.field("queue", &Config::queue, "What waits for the disk.");
  s.field("retry", &Config::retry, "Pauses between attempts.");
  s.check(+[](const Config& config, pipeline::Checker& checker) {
    const auto path = PathTemplate::make(config.path.value, suffix_of(config));
    if (!path) checker.error("path", path.error());
  });
  return s;
}

class FileSink final : public Sink {
 public:
  FileSink(const Config& config, PathTemplate path, const SinkContext& context)
      : config_(config),
        path_(std::move(path)),
        context_(context),
        known_(path_.is_constant() ? 0 : config.max_files) {
    WriterOptions options;
    options.root = path_.root();
    options.rotate_bytes = config.rotate.size.bytes;
    options.rotate_age = config.rotate.age;
    options.appends_frames = config.compression == Compression::zstd;
    writer_ = std::make_shared<FileWriter>(options, context);
  }

  AnyEncoder make_encoder(pipeline::Signal, const FieldPlan& fields) override {
    // demand() has put the names into the plan: binding a copy finds the same slots.
    FieldPlan plan = fields;
    PathTemplate path = PathTemplate::make(config_.path.value, suffix_of(config_)).value();
    path.bind(plan, context_.host_name);
    return std::unique_ptr<pipeline::EncoderOf<pipeline::LogBatch>>(std::make_unique<LineEncoder>(
        std::move(path), config_.format, known_, context_.log, context_.id));
  }
  void demand(FieldPlan& fields) override {
    PathTemplate path = PathTemplate::make(config_.path.value, suffix_of(config_)).value();
    path.bind(fields, context_.host_name);
  }
  std::variant<pipeline::HttpTarget, std::shared_ptr<pipeline::Transport>> destination() override {
    return writer_;
  }
  std::vector<std::pair<std::string, std::string>> headers(const Encoded&) const override {
    return {};
  }
  pipeline::Compression compression() const override {
    return config_.compression == Compression::zstd ? pipeline::Compression::zstd
                                                    : pipeline::Compression::none;
  }
  pipeline::Classification classify(const pipeline::Response&) const override {
    return {pipeline::Verdict::delivered, {}, 0, {}};
  }
  // A disk refuses no record for what it is.
  std::optional<std::pair<Encoded, Encoded>> split(const Encoded&) const override {
    return std::nullopt;
  }
  std::string describe(const Encoded& request) const override { return request.tenant; }

 private:
  const Config config_;
  PathTemplate path_;
  const SinkContext context_;
  KnownFiles known_;
  std::shared_ptr<FileWriter> writer_;
};

pipeline::DeliveryOptions delivery(const Config& config) {
  pipeline::DeliveryOptions options = pipeline::delivery_options(
      config.batch, config.queue, config.retry, std::chrono::seconds(30));
  // Several would only wait for each other's writes.
  options.shards = 1;
  return options;
}

void describe(const Config& config, pipeline::Usage& usage) {
  for (const pipeline::Mention& name : config.path.value.mentions())
    usage.reads.push_back({name.name, config.path.where});
  const auto path = PathTemplate::make(config.path.value, suffix_of(config));
  if (!path) return;
  const std::string whole(config.path.value.is_constant() ? config.path.value.constant()
                                                          : std::string_view(path->root()));
  usage.writes_files.push_back({path->is_constant() ? whole : whole + "/", config.path.where});
}

Result<std::unique_ptr<Sink>> make(const Config& config, const SinkContext& context) {
  auto path = PathTemplate::make(config.path.value, suffix_of(config));
  if (!path) return pipeline::failure(pipeline::Errc::invalid_data, path.error());
  return std::make_unique<FileSink>(config, std::move(*path), context);
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_sink<Config>(
      schema(),
      {.signals = {pipeline::Signal::logs}, .ships_body = true, .transport_options = {"retry"}},
      delivery, describe, make);
}

}  // namespace plugins::sinks::file
