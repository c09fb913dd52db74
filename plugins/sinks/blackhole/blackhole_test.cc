#include <gtest/gtest.h>

#include "pipeline/component/registry.h"

namespace plugins::sinks::blackhole {
void register_plugin(pipeline::Registry& registry);
namespace {

using namespace pipeline;

struct Fixture {
  Fixture() {
    register_plugin(registry);
    Diagnostics diagnostics;
    Substitution substitution(fs);
    DecodeContext decoding(diagnostics, substitution);
    const auto* plugin = registry.sink("blackhole");
    config = plugin->decode(Node{}, decoding);
    EXPECT_TRUE(diagnostics.empty());
    auto made = plugin->make(config, context);
    EXPECT_TRUE(made.has_value());
    sink = std::move(*made);
  }
  Registry registry;
  Registry::AnyConfig config;
  NullLog log;
  SystemClock clock;
  SystemFileSystem fs;
  Meters meters;
  MeterScope scope = meters.scope();
  SinkContext context{{"sink/nowhere", log, clock, fs, meters, scope, "box"}, {}};
  std::unique_ptr<Sink> sink;
};

TEST(Blackhole, counts_live_rows_and_keeps_no_bytes) {
  Fixture f;
  FieldPlan plan;
  AnyEncoder any = f.sink->make_encoder(Signal::logs, plan);
  auto& encoder = *std::get<std::unique_ptr<EncoderOf<LogBatch>>>(any);
  LogBatch batch;
  const auto labels = batch.label_index(LabelSet::empty());
  for (int i = 0; i < 5; ++i) batch.append("12345", 10 - i, 0, labels);
  batch.frame.live.reset(5);
  batch.frame.live.clear(0);
  EXPECT_EQ(encoder.append(batch, batch.frame.live, 0, 5, 10), 3u);
  EXPECT_EQ(encoder.append(batch, batch.frame.live, 3, 5, 1000), 5u);
  EXPECT_EQ(encoder.records(), 4u);
  EXPECT_EQ(encoder.bytes(), 20u);
  const auto requests = encoder.finish();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].records, 4u);
  EXPECT_EQ(requests[0].oldest, 6);
  EXPECT_EQ(requests[0].newest, 9);
  EXPECT_TRUE(requests[0].body.empty());
  EXPECT_TRUE(encoder.finish().empty());
}

TEST(Blackhole, takes_every_signal) {
  Fixture f;
  FieldPlan plan;
  EXPECT_EQ(f.sink->make_encoder(Signal::metrics, plan).index(), 1u);
  EXPECT_EQ(f.sink->make_encoder(Signal::traces, plan).index(), 2u);
}

}  // namespace
}  // namespace plugins::sinks::blackhole
