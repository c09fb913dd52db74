#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/base/fs.h"
#include "pipeline/base/log.h"
#include "pipeline/component/registry.h"
#include "pipeline/model/log_batch.h"
#include "pipeline/telemetry/meter.h"

// For the tests of transforms: one pipeline's columns and plan, and transforms made from YAML as
// the engine makes them.
namespace testkit {

// A clock that moves only when told. Both clocks move together.
class ManualClock final : public pipeline::Clock {
 public:
  pipeline::Instant now() const override { return pipeline::Instant(elapsed_); }
  pipeline::UnixNanos unix_now() const override { return start_ + elapsed_.count(); }
  pipeline::Task<> sleep_until(pipeline::Instant) override { co_return; }
  void advance(pipeline::Nanoseconds by) { elapsed_ += by; }

 private:
  pipeline::UnixNanos start_ = 1'784'116'800'000'000'000;  // 2026-07-15T12:00:00Z
  pipeline::Nanoseconds elapsed_{1};
};

using RegisterPlugin = void (*)(pipeline::Registry&);

class Rig {
 public:
  explicit Rig(std::initializer_list<RegisterPlugin> plugins);

  // Adds a transform: "json", "drop: 'a == 1'" or "set: {a: b}". False when the YAML or the factory
  // is wrong: errors() says why. `id`: its place, as in `pipeline/p/drop`.
  bool add(std::string_view yaml, std::string id = "");
  const std::string& errors() const { return errors_; }
  // What describe() of the transform added last says.
  const pipeline::Usage& usage() const { return usage_; }

  // As a sink would: before the first batch.
  void read(std::initializer_list<std::string_view> names);
  void read_all() { plan.read_all(); }

  // A batch of one part that starts at `begin`; offsets are those of the lines with their newlines.
  std::unique_ptr<pipeline::LogBatch> batch(const std::vector<std::string>& lines,
                                            std::uint64_t begin = 0);
  // A batch of several parts, one for each partition.
  std::unique_ptr<pipeline::LogBatch> batch_of(
      const std::vector<std::pair<pipeline::PartitionRef, std::vector<std::string>>>& parts,
      std::uint64_t begin = 0);
  // Runs the transforms in their order.
  void apply(pipeline::LogBatch& batch);
  // batch() and apply().
  std::unique_ptr<pipeline::LogBatch> run(const std::vector<std::string>& lines,
                                          std::uint64_t begin = 0);

  // "level=string:info"; "" when missing. Planned and unplanned fields.
  std::string field(const pipeline::LogBatch& batch, std::string_view name, std::size_t row = 0);
  static std::string text_of(const pipeline::Value& value);
  static std::string metadata(const pipeline::LogBatch& batch, std::string_view name,
                              std::size_t row = 0);
  static std::string labels(const pipeline::LogBatch& batch, std::size_t row = 0);
  // "1011": which rows are live.
  static std::string live(const pipeline::LogBatch& batch);
  // The sum of a metric over all its series.
  double metric(std::string_view name) const;

  ManualClock clock;
  pipeline::FieldPlan plan;
  pipeline::PartitionRef partition;
  std::size_t lane = 0;

 private:
  pipeline::Registry registry_;
  pipeline::NullLog log_;
  pipeline::SystemFileSystem files_;
  pipeline::Meters meters_;
  pipeline::MeterScope scope_;
  std::vector<std::unique_ptr<pipeline::LogTransform>> transforms_;
  // Configurations outlive what was made of them, as in the engine.
  std::vector<pipeline::Registry::AnyConfig> configs_;
  std::vector<std::string> yaml_;
  std::string errors_;
  pipeline::Usage usage_;
};

}  // namespace testkit
