#include "plugins/sinks/loki/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/codec/snappy.h"
#include "pipeline/component/registry.h"
#include "pipeline/config/yaml.h"

namespace plugins::sinks::loki {
void register_plugin(pipeline::Registry& registry);
namespace {

using namespace pipeline;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct Fixture {
  Fixture() { register_plugin(registry); }

  // Null with the diagnostics in `errors`.
  std::unique_ptr<Sink> sink(const std::string& yaml) {
    Diagnostics diagnostics;
    Substitution substitution(fs);
    DecodeContext decoding(diagnostics, substitution);
    const auto node = parse_yaml(std::make_shared<SourceText>("test", yaml), diagnostics);
    const auto* plugin = registry.sink("loki");
    const auto config = plugin->decode(node.value_or(Node{}), decoding);
    errors = diagnostics.to_text();
    if (!config) return nullptr;
    options = plugin->delivery(config);
    usage = {};
    plugin->describe(config, usage);
    auto made = plugin->make(config, context);
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
  }
  HttpTarget target(const std::string& yaml) {
    const auto made = sink(yaml);
    EXPECT_NE(made, nullptr) << errors;
    return made ? std::get<HttpTarget>(made->destination()) : HttpTarget{};
  }

  Registry registry;
  NullLog log;
  SystemClock clock;
  SystemFileSystem fs;
  Meters meters;
  MeterScope scope = meters.scope();
  SinkContext context{{"sink/loki", log, clock, fs, meters, scope, "box"}, {{"region", "eu"}}};
  std::string errors;
  DeliveryOptions options;
  Usage usage;
};

TEST(Options, the_push_path_is_added_where_the_url_has_none) {
  Fixture f;
  EXPECT_EQ(f.target("url: http://loki:3100").url, "http://loki:3100/loki/api/v1/push");
  EXPECT_EQ(f.target("url: https://loki.example/").url, "https://loki.example/loki/api/v1/push");
  EXPECT_EQ(f.target("url: http://loki/insert/loki/api/v1/push").url,
            "http://loki/insert/loki/api/v1/push");
}

TEST(Options, reach_the_delivery) {
  Fixture f;
  ASSERT_NE(f.sink("{url: http://l, batch: {bytes: 64KiB, age: 2s, records: 7}, retry: {initial: "
                   "1s, max: 9s}, "
                   "queue: {memory: 2MiB, when_full: drop_oldest}, timeout: 5s}"),
            nullptr)
      << f.errors;
  EXPECT_EQ(f.options.batch_bytes, 64u * 1024);
  EXPECT_EQ(f.options.batch_age, std::chrono::seconds(2));
  EXPECT_EQ(f.options.batch_records, 7u);
  EXPECT_EQ(f.options.queue_memory, 2u * 1024 * 1024);
  EXPECT_EQ(f.options.queue_when_full, "drop_oldest");
  EXPECT_EQ(f.options.timeout, std::chrono::seconds(5));
  EXPECT_EQ(f.options.retry_initial, std::chrono::seconds(1));
  EXPECT_EQ(f.options.retry_max, std::chrono::seconds(9));
}

TEST(Options, wrong_ones_say_what_to_do) {
  const struct {
    const char* yaml;
    const char* message;
  } cases[] = {
      {"{}", "url"},
      {"url: 'loki:3100'", "url"},
      {"{url: http://l, queue: {disk: 1GiB}}", "disk queues come with a later version"},
      {"{url: http://l, headers: {x-scope-orgid: a}}", "tenant: NAME"},
      {"{url: http://l, headers: {content-type: a}}", "set by the sink itself"},
      {"{url: http://l, max_streams: {then: block}}", "later version"},
      {"{url: http://l, retry: {initial: 10s, max: 1s}}", "shorter"},
      {"{url: http://l, compression: gzip}", "gzip"},
  };
  for (const auto& c : cases) {
    Fixture f;
    EXPECT_EQ(f.sink(c.yaml), nullptr) << c.yaml;
    EXPECT_THAT(f.errors, HasSubstr(c.message)) << c.yaml;
  }
}

TEST(Options, describe_labels_and_names_for_check) {
  Fixture f;
  ASSERT_NE(
      f.sink("{url: http://l, tenant: '{$k8s.namespace|x}', labels: {job: app, app: '{service}'}}"),
      nullptr)
      << f.errors;
  ASSERT_EQ(f.usage.labels.size(), 2u);
  EXPECT_EQ(f.usage.labels[0].name, "job");
  EXPECT_TRUE(f.usage.labels[0].always);
  EXPECT_FALSE(f.usage.labels[1].always);
  ASSERT_EQ(f.usage.reads.size(), 2u);
  EXPECT_EQ(f.usage.reads[1].name, "service");
}

TEST(LokiSink, sends_tenant_and_content_type_and_a_literal_where_it_does_not_compress) {
  Fixture f;
  const auto sink = f.sink("{url: http://l, compression: none}");
  ASSERT_NE(sink, nullptr);
  Encoded request;
  EXPECT_THAT(sink->headers(request), ElementsAre(Pair("Content-Type", "application/x-protobuf")));
  request.tenant.push_back('t');
  EXPECT_THAT(sink->headers(request), ElementsAre(Pair("Content-Type", "application/x-protobuf"),
                                                  Pair("X-Scope-OrgID", "t")));
  const std::string body(100'000, 'x');
  std::string plain;
  std::string framed = sink->frame_prefix(request, body);
  framed += body;
  ASSERT_TRUE(snappy::decompress(framed, body.size(), plain));
  EXPECT_EQ(plain, body);
  EXPECT_EQ(f.sink("url: http://l")->frame_prefix(request, body), "");
}

TEST(LokiSink, encodes_with_the_sinks_and_the_agents_labels) {
  Fixture f;
  const auto sink =
      f.sink("{url: http://l, labels: {job: app, svc: '{service}', at: '{$host.name}'}}");
  ASSERT_NE(sink, nullptr) << f.errors;
  FieldPlan plan;
  sink->demand(plan);
  AnyEncoder any = sink->make_encoder(Signal::logs, plan);
  auto& encoder = *std::get<std::unique_ptr<EncoderOf<LogBatch>>>(any);
  LogBatch batch;
  batch.bind(plan);
  batch.append("x", 1, 0, batch.label_index(LabelSet::empty()));
  batch.field_for_write(plan.find("service"))[0] = Value::string("web");
  batch.frame.live.reset(1);
  encoder.append(batch, batch.frame.live, 0, 1, 1 << 20);
  const auto requests = encoder.finish();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_THAT(sink->describe(requests[0]),
              testing::StartsWith(R"({at="box", job="app", region="eu", svc="web"} x)"));
}

TEST(LokiSink, orders_by_tenant_and_stream) {
  Fixture f;
  auto logs = std::make_unique<LogBatch>();
  const auto a = logs->label_index(LabelSet::make({{"a", "1"}}));
  const auto b = logs->label_index(LabelSet::make({{"a", "2"}}));
  for (const auto index : {a, b, a, a}) logs->append("x", 1, 0, index);
  logs->tenant = {"", "", "t", ""};
  logs->frame.live.reset(4);
  const Batch batch(std::move(logs));
  std::vector<std::uint64_t> keys;
  f.sink("url: http://l")->order_keys(batch, keys);
  EXPECT_EQ(keys[0], keys[3]);
  EXPECT_NE(keys[0], keys[1]);
  EXPECT_NE(keys[0], keys[2]);
  f.sink("{url: http://l, tenant: fixed}")->order_keys(batch, keys);
  EXPECT_EQ(keys[0], keys[2]);
}

}  // namespace
}  // namespace plugins::sinks::loki
