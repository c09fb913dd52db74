#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/sinks/loki/test_rows.h"

namespace plugins::sinks::loki {
namespace {

using pipeline::Encoded;
using pipeline::Label;
using pipeline::LogBatch;
using pipeline::Text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

constexpr std::size_t kNoLimit = std::size_t{1} << 30;
constexpr pipeline::UnixNanos kTime = 1'700'000'000'123'456'789;

struct Fixture : TestContext {
  StreamGuard guard{{0, std::chrono::minutes(1), GuardAction::demote}, context};

  PushEncoder encoder(StreamRules rules = {}, LineLimits limits = {}) {
    EncoderCounters counters;
    counters.sanitized = meters.counter(scope, "sanitized", "x", {});
    counters.truncated = meters.counter(scope, "truncated", "x", {});
    counters.trimmed_metadata = meters.counter(scope, "trimmed", "x", {});
    sanitized = counters.sanitized;
    truncated = counters.truncated;
    trimmed = counters.trimmed_metadata;
    return PushEncoder(std::move(rules), limits, guard, counters, context);
  }
  static void append(PushEncoder& encoder, const LogBatch& batch) {
    EXPECT_EQ(encoder.append(batch, batch.frame.live, 0, batch.rows(), kNoLimit), batch.rows());
  }

  pipeline::Counter sanitized, truncated, trimmed;
};

Encoded only(std::vector<Encoded> requests) {
  EXPECT_THAT(requests, SizeIs(1));
  return requests.empty() ? Encoded{} : std::move(requests.front());
}

Text compiled(std::string_view text) {
  auto made = Text::compile(text);
  EXPECT_TRUE(made.has_value());
  return made.value_or(Text());
}

TEST(PushEncoder, writes_what_protobuf_reads) {
  Fixture f;
  auto encoder = f.encoder();
  Rows rows;
  rows.add("one", kTime, {{"app", "a"}});
  rows.add("two", kTime + 1, {{"app", "b"}}).metadata("trace.id", "t2").metadata("pod", "p");
  rows.add("", 0, {{"app", "a"}});
  rows.add("before 1970", -1, {{"app", "a"}});
  Fixture::append(encoder, rows.done());
  EXPECT_EQ(encoder.records(), 4u);
  const std::size_t size = encoder.bytes();
  const Encoded request = only(encoder.finish());

  EXPECT_EQ(request.records, 4u);
  EXPECT_EQ(request.oldest, -1);
  EXPECT_EQ(request.newest, kTime + 1);
  EXPECT_LE(request.body.size(), size);
  EXPECT_GT(request.body.size() + 16, size);
  const auto push = parsed(request);
  ASSERT_EQ(push.streams_size(), 2);
  const auto& a = push.streams(0);
  EXPECT_EQ(a.labels(), R"({app="a"})");
  ASSERT_EQ(a.entries_size(), 3);
  EXPECT_EQ(a.entries(0).line(), "one");
  EXPECT_EQ(a.entries(0).timestamp().seconds(), 1'700'000'000);
  EXPECT_EQ(a.entries(0).timestamp().nanos(), 123'456'789);
  EXPECT_EQ(a.entries(1).timestamp().seconds(), 0);
  EXPECT_EQ(a.entries(2).timestamp().seconds(), -1);
  EXPECT_EQ(a.entries(2).timestamp().nanos(), 999'999'999);
  const auto& two = push.streams(1).entries(0);
  ASSERT_EQ(two.structured_metadata_size(), 2);
  EXPECT_EQ(two.structured_metadata(0).name(), "trace_id");
  EXPECT_EQ(two.structured_metadata(0).value(), "t2");
}

TEST(PushEncoder, starts_afresh_after_finish) {
  Fixture f;
  auto encoder = f.encoder();
  EXPECT_THAT(encoder.finish(), SizeIs(0));
  Rows rows;
  rows.add("x", kTime, {{"app", "a"}});
  const LogBatch& batch = rows.done();
  for (int round = 0; round < 3; ++round) {
    Fixture::append(encoder, batch);
    EXPECT_THAT(lines_of(only(encoder.finish())),
                ElementsAre(Pair(R"({app="a"})", ElementsAre("x"))));
    EXPECT_EQ(encoder.bytes(), 0u);
    EXPECT_EQ(encoder.records(), 0u);
  }
}

TEST(PushEncoder, takes_live_rows_only_and_stops_behind_the_one_that_reaches_the_limit) {
  Fixture f;
  auto encoder = f.encoder();
  Rows rows;
  for (int i = 0; i < 10; ++i)
    rows.add(std::string(100, static_cast<char>('0' + i)), kTime + i, {{"a", "b"}});
  LogBatch& batch = const_cast<LogBatch&>(rows.done());
  batch.frame.live.clear(0);
  batch.frame.live.clear(3);
  const std::size_t next = encoder.append(batch, batch.frame.live, 0, 10, 350);
  EXPECT_EQ(next, 5u);  // 1, 2 and 4: three lines of 100 bytes and their envelopes
  EXPECT_EQ(encoder.records(), 3u);
  EXPECT_EQ(encoder.append(batch, batch.frame.live, next, 10, 1), 6u);  // always one
}

TEST(PushEncoder, equal_label_sets_of_two_addresses_are_one_stream) {
  Fixture f;
  auto encoder = f.encoder();
  Rows first, second;
  first.add("1", kTime, {{"a", "b"}});
  second.add("2", kTime, {{"a", "b"}});
  Fixture::append(encoder, first.done());
  Fixture::append(encoder, second.done());
  EXPECT_EQ(parsed(only(encoder.finish())).streams_size(), 1);
}

TEST(PushEncoder, the_sinks_labels_fill_what_is_absent_and_the_agents_come_last) {
  Fixture f;
  StreamRules rules;
  rules.fill = {{"job", "sink"}, {"job", "agent"}, {"region", "eu"}};
  pipeline::FieldPlan plan;
  rules.row_labels.push_back({"svc", compiled("{service}")});
  rules.row_labels.push_back({"region", compiled("{region}")});
  for (auto& label : rules.row_labels) label.text.bind(plan);
  auto encoder = f.encoder(std::move(rules));

  Rows rows;
  rows.add("1", kTime, {{"job", "own"}});
  rows.add("2", kTime, {});
  rows.add("3", kTime, {{"svc", "own"}});
  LogBatch& batch = const_cast<LogBatch&>(rows.done());
  batch.bind(plan);
  auto& service = batch.field_for_write(plan.find("service"));
  service[0] = service[1] = service[2] = pipeline::Value::string("web");
  batch.field_for_write(plan.find("region"))[1] = pipeline::Value::string("us");
  Fixture::append(encoder, batch);
  EXPECT_THAT(lines_of(only(encoder.finish())),
              ElementsAre(Pair(R"({job="own", region="eu", svc="web"})", ElementsAre("1")),
                          Pair(R"({job="sink", region="eu", svc="own"})", ElementsAre("3")),
                          Pair(R"({job="sink", region="us", svc="web"})", ElementsAre("2"))));
}

TEST(PushEncoder, one_request_has_one_tenant) {
  Fixture f;
  auto encoder = f.encoder();
  Rows rows;
  rows.add("1", kTime, {{"a", "b"}}).tenant("t1");
  rows.add("2", kTime + 1, {{"a", "b"}}).tenant("t2");
  rows.add("3", kTime + 2, {{"a", "b"}}).tenant("t1");
  rows.add("4", kTime + 3, {{"a", "b"}});
  Fixture::append(encoder, rows.done());
  const auto requests = encoder.finish();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[0].tenant, "t1");
  EXPECT_EQ(requests[0].records, 2u);
  EXPECT_EQ(requests[0].newest, kTime + 2);
  EXPECT_EQ(requests[1].tenant, "t2");
  EXPECT_EQ(requests[2].tenant, "");
}

TEST(PushEncoder, a_tenant_of_the_sink_wins_over_the_rows_own) {
  for (const std::string_view text : {"fixed", "fix{$label.a|x}"}) {
    Fixture f;
    StreamRules rules;
    rules.tenant = compiled(text);
    pipeline::FieldPlan plan;
    rules.tenant->bind(plan);
    auto encoder = f.encoder(std::move(rules));
    Rows rows;
    rows.add("1", kTime, {{"a", "ed"}}).tenant("t1");
    rows.add("2", kTime, {{"a", "ed"}}).tenant("t2");
    Fixture::append(encoder, rows.done());
    EXPECT_EQ(only(encoder.finish()).tenant, "fixed");
  }
}

TEST(PushEncoder, ill_formed_utf8_is_replaced_and_nul_passes) {
  Fixture f;
  auto encoder = f.encoder();
  Rows rows;
  rows.add(
          "a\xFF"
          "b",
          kTime, {{"a", "b"}})
      .metadata("m", "\xC3");
  rows.add(std::string_view("nul\0nul", 7), kTime, {{"a", "b"}});
  rows.add("label", kTime, {{"a", "x\xFFy"}});
  Fixture::append(encoder, rows.done());
  const Encoded request = only(encoder.finish());
  EXPECT_THAT(lines_of(request),
              ElementsAre(Pair(R"({a="b"})", ElementsAre("a\xEF\xBF\xBD"
                                                         "b",
                                                         std::string("nul\0nul", 7))),
                          Pair("{a=\"x\xEF\xBF\xBDy\"}", ElementsAre("label"))));
  EXPECT_EQ(parsed(request).streams(0).entries(0).structured_metadata(0).value(), "\xEF\xBF\xBD");
  EXPECT_EQ(f.sanitized.value(), 2u);
}

TEST(PushEncoder, a_line_cut_within_a_character_is_noticed_in_valid_input) {
  Fixture f;
  auto encoder = f.encoder();
  // One chunk of valid text, cut into views that split a character.
  const std::string text = "start \xC3\xA4 end, and more";
  LogBatch batch;
  auto chunk = pipeline::Chunk::allocate(256);
  std::copy(text.begin(), text.end(), chunk->data());
  batch.frame.chunks.push_back(chunk);
  const auto labels = batch.label_index(pipeline::LabelSet::make({{"a", "b"}}));
  batch.append({chunk->data(), 7}, kTime, 0, labels);
  batch.append({chunk->data() + 7, 5}, kTime, 0, labels);
  batch.append({chunk->data() + 12, text.size() - 12}, kTime, 0, labels);
  batch.frame.live.reset(3);
  Fixture::append(encoder, batch);
  EXPECT_THAT(lines_of(only(encoder.finish()))[R"({a="b"})"],
              ElementsAre("start \xEF\xBF\xBD", "\xEF\xBF\xBD end", ", and more"));
  EXPECT_EQ(f.sanitized.value(), 2u);
}

TEST(PushEncoder, long_lines_are_cut_between_characters_and_marked) {
  Fixture f;
  auto encoder = f.encoder({}, {.max_line = 32});
  Rows rows;
  rows.add(std::string(32, 'x'), kTime, {{"a", "b"}});
  std::string umlauts = "x";
  for (int i = 0; i < 20; ++i) umlauts += "\xC3\xA4";
  rows.add(umlauts, kTime, {{"a", "b"}});
  Fixture::append(encoder, rows.done());
  const auto lines = lines_of(only(encoder.finish()))[R"({a="b"})"];
  EXPECT_EQ(lines[0], std::string(32, 'x'));
  EXPECT_LE(lines[1].size(), 32u);
  EXPECT_THAT(lines[1], testing::EndsWith("\xC3\xA4...[truncated]"));
  EXPECT_EQ(f.truncated.value(), 1u);
}

TEST(PushEncoder, refuses_what_loki_would_refuse_by_reason) {
  Fixture f;
  auto encoder = f.encoder({}, {.max_line = 8,
                                .long_lines = LongLines::drop,
                                .reject_older = std::chrono::hours(1),
                                .reject_newer = std::chrono::minutes(10)});
  const auto now = f.clock.unix;
  Rows rows;
  rows.add("fine", now, {{"a", "b"}});
  rows.add("far too long", now, {{"a", "b"}});
  rows.add("old", now - 3'601'000'000'000, {{"a", "b"}});
  rows.add("future", now + 601'000'000'000, {{"a", "b"}});
  rows.add("bare", now, {});
  std::vector<Label> many;
  for (int i = 0; i < 16; ++i) many.push_back({"l" + std::to_string(i), "v"});
  rows.add("many", now, many);
  Fixture::append(encoder, rows.done());
  std::map<std::string, std::uint64_t> reasons;
  for (const auto& refused : encoder.take_refused())
    reasons[std::string(refused.reason)] = refused.records;
  EXPECT_THAT(reasons,
              ElementsAre(Pair("rejected", 3u), Pair("too_long", 1u), Pair("too_old", 1u)));
  EXPECT_THAT(encoder.take_refused(), SizeIs(0));
  EXPECT_EQ(only(encoder.finish()).records, 1u);
  ASSERT_THAT(f.log.lines, SizeIs(1));  // once, however many follow
  EXPECT_THAT(f.log.lines[0], HasSubstr("no label"));
}

TEST(PushEncoder, label_names_are_made_legal_and_long_values_cut) {
  Fixture f;
  auto encoder = f.encoder();
  Rows rows;
  rows.add("x", kTime, {{"k8s.pod/name", "p"}, {"v", std::string(2047, 'v') + "\xC3\xA4"}});
  Fixture::append(encoder, rows.done());
  EXPECT_THAT(
      lines_of(only(encoder.finish())),
      ElementsAre(Pair("{k8s_pod_name=\"p\", v=\"" + std::string(2047, 'v') + "\"}", SizeIs(1))));
}

TEST(PushEncoder, metadata_beyond_what_loki_takes_is_left_out) {
  Fixture f;
  auto encoder = f.encoder();
  Rows rows;
  rows.add("x", kTime, {{"a", "b"}});
  for (int i = 0; i < 130; ++i) rows.metadata("m" + std::to_string(i), "v");
  Fixture::append(encoder, rows.done());
  EXPECT_EQ(parsed(only(encoder.finish())).streams(0).entries(0).structured_metadata_size(), 128);
  EXPECT_EQ(f.trimmed.value(), 2u);
}

TEST(PushEncoder, the_guard_demotes_the_label_with_the_most_values) {
  Fixture f;
  StreamGuard guard({10, std::chrono::minutes(1), GuardAction::demote}, f.context);
  PushEncoder encoder({}, {}, guard, {}, f.context);
  for (int i = 0; i < 40; ++i) {
    Rows rows;
    rows.add(std::to_string(i), kTime + i,
             {{"app", i % 2 == 0 ? "even" : "odd"}, {"user", "u" + std::to_string(i)}});
    Fixture::append(encoder, rows.done());
  }
  const Encoded request = only(encoder.finish());
  EXPECT_EQ(request.records, 40u);
  EXPECT_EQ(parsed(request).streams_size(), 12);  // ten, then one for each app
  EXPECT_THAT(guard.demoted(), ElementsAre("user"));
  ASSERT_THAT(f.log.lines, SizeIs(1));
  EXPECT_THAT(f.log.lines[0], HasSubstr("label `user`"));
  EXPECT_THAT(f.meters.page(),
              HasSubstr("sluice_sink_label_demoted{label=\"user\",sink=\"loki\"} 1"));
  const auto push = parsed(request);
  const auto& last = push.streams(11).entries(0);
  ASSERT_EQ(last.structured_metadata_size(), 1);
  EXPECT_EQ(last.structured_metadata(0).name(), "user");
}

TEST(PushEncoder, the_guard_refuses_further_streams_until_the_window_ends) {
  Fixture f;
  StreamGuard guard({2, std::chrono::minutes(1), GuardAction::drop}, f.context);
  PushEncoder encoder({}, {}, guard, {}, f.context);
  Rows rows;
  for (int i = 0; i < 4; ++i) rows.add("x", kTime, {{"u", std::to_string(i)}});
  Fixture::append(encoder, rows.done());
  EXPECT_EQ(encoder.records(), 2u);
  const auto refused = encoder.take_refused();
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].reason, "overflow");
  EXPECT_EQ(refused[0].records, 2u);
  f.clock.instant += std::chrono::minutes(2);
  Rows later;
  later.add("x", kTime, {{"u", "3"}});
  Fixture::append(encoder, later.done());
  EXPECT_EQ(encoder.records(), 3u);
}

TEST(PushEncoder, many_identities_are_forgotten_without_harm) {
  Fixture f;
  auto encoder = f.encoder();
  for (std::size_t round = 0; round < 3; ++round) {
    Rows rows;
    for (std::size_t i = 0; i < StreamTable::kRoutesMax; ++i)
      rows.add("x", kTime, {{"u", std::to_string(round * StreamTable::kRoutesMax + i)}});
    Fixture::append(encoder, rows.done());
    EXPECT_EQ(only(encoder.finish()).records, StreamTable::kRoutesMax);
  }
}

}  // namespace
}  // namespace plugins::sinks::loki
