#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/component/context.h"
#include "pipeline/model/log_batch.h"
#include "plugins/sinks/loki/encoder.h"
#include "testdata/push.pb.h"

// What the tests of this folder share: a context, batches, and the request as protobuf reads it.
namespace plugins::sinks::loki {

// A clock that stands still.
class StoppedClock final : public pipeline::Clock {
 public:
  pipeline::Instant now() const override { return instant; }
  pipeline::UnixNanos unix_now() const override { return unix; }
  pipeline::Task<> sleep_until(pipeline::Instant) override { co_return; }

  pipeline::Instant instant{};
  pipeline::UnixNanos unix = 1'700'000'000'000'000'000;
};

class CountingLog final : public pipeline::Log {
 public:
  void write(pipeline::Severity, std::string_view, std::string_view text) override {
    lines.emplace_back(text);
  }
  std::vector<std::string> lines;
};

struct TestContext {
  CountingLog log;
  StoppedClock clock;
  pipeline::SystemFileSystem fs;
  pipeline::Meters meters;
  pipeline::MeterScope scope = meters.scope();
  pipeline::Context context{"sink/loki", log, clock, fs, meters, scope, "box"};
};

// Rows of one batch. Texts are copied into its arena; `raw` rows stand in one chunk, line by line.
class Rows {
 public:
  Rows() : batch_(std::make_unique<pipeline::LogBatch>()) {}

  Rows& add(std::string_view line, pipeline::UnixNanos time, std::vector<pipeline::Label> labels) {
    const auto index = batch_->label_index(set(std::move(labels)));
    batch_->append(batch_->frame.arena.copy(line), time, 0, index);
    return *this;
  }
  Rows& tenant(std::string_view tenant) {
    batch_->tenant.resize(batch_->rows());
    batch_->tenant.back() = batch_->frame.arena.copy(tenant);
    return *this;
  }
  Rows& metadata(std::string_view name, std::string_view value) {
    auto& column = batch_->metadata_for_write(name);
    column.resize(batch_->rows());
    column.back() = batch_->frame.arena.copy(value);
    return *this;
  }
  const pipeline::LogBatch& done() {
    if (!batch_->tenant.empty()) batch_->tenant.resize(batch_->rows());
    for (auto& column : batch_->metadata()) column.values.resize(batch_->rows());
    batch_->frame.live.reset(batch_->rows());
    return *batch_;
  }

 private:
  pipeline::LabelSetRef set(std::vector<pipeline::Label> labels) {
    auto made = pipeline::LabelSet::make(std::move(labels));
    auto& known = sets_[made->selector()];
    if (!known) known = made;
    return known;
  }

  std::unique_ptr<pipeline::LogBatch> batch_;
  std::map<std::string, pipeline::LabelSetRef> sets_;
};

inline loki_sink_test::PushRequest parsed(const pipeline::Encoded& request) {
  loki_sink_test::PushRequest push;
  EXPECT_TRUE(push.ParseFromString(request.body));
  return push;
}

// The lines of each stream, in order.
inline std::map<std::string, std::vector<std::string>> lines_of(const pipeline::Encoded& request) {
  std::map<std::string, std::vector<std::string>> lines;
  const auto push = parsed(request);
  for (const auto& stream : push.streams())
    for (const auto& entry : stream.entries()) lines[stream.labels()].push_back(entry.line());
  return lines;
}

}  // namespace plugins::sinks::loki
