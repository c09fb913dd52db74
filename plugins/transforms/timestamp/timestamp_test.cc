#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::timestamp {

void register_plugin(pipeline::Registry& registry);

namespace {

using pipeline::Value;
using testkit::Rig;

constexpr pipeline::UnixNanos kMilli = 1'000'000;
// 2026-01-02T03:04:05Z
constexpr pipeline::UnixNanos kTime = 1'767'323'045'000 * kMilli;

struct Owner final : pipeline::AckOwner {
  void settled(const pipeline::AckGroup& group, pipeline::Outcome) noexcept override {
    ties.push_back(group.tie);
  }
  std::vector<pipeline::TimeTie> ties;
};

// A batch whose field `ts` holds these texts; "" is missing.
std::unique_ptr<pipeline::LogBatch> with_times(Rig& rig, const std::vector<std::string>& texts) {
  auto batch = rig.batch(std::vector<std::string>(texts.size(), "line"));
  auto& column = batch->field_for_write(rig.plan.find("ts"));
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (!texts[i].empty()) column[i] = Value::string(batch->frame.arena.copy(texts[i]));
  return batch;
}

TEST(Timestamp, TriesFieldsAndFormatsInOrder) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("timestamp: {field: [ts, time], format: [rfc3339, unix_ms]}"))
      << rig.errors();
  auto batch = with_times(rig, {"2026-01-02T03:04:05Z", "1767323045000", "never", "", ""});
  auto& time = batch->field_for_write(rig.plan.find("time"));
  time[2] = Value::number("1767323045001");
  time[3] = Value::number("1767323045002");
  const auto read_at = batch->time[4];
  rig.apply(*batch);
  EXPECT_EQ(batch->time, (std::vector<pipeline::UnixNanos>{kTime, kTime + 1, kTime + kMilli,
                                                           kTime + 2 * kMilli, read_at}));
  EXPECT_EQ(rig.metric("sluice_parse_errors_total"), 0);
}

TEST(Timestamp, WhatIsNoTimeKeepsTheTimeOfReadingOrIsDropped) {
  for (const bool drop : {false, true}) {
    Rig rig({register_plugin});
    ASSERT_TRUE(
        rig.add(std::string("timestamp: {field: ts, on_error: ") + (drop ? "drop}" : "pass}")))
        << rig.errors();
    rig.read({"$error"});
    auto batch = with_times(rig, {"yesterday", "", "2026-01-02T03:04:05Z"});
    const auto read_at = batch->time[0];
    rig.apply(*batch);
    EXPECT_EQ(Rig::live(*batch), drop ? "011" : "111");
    EXPECT_EQ(batch->time[0], read_at);
    EXPECT_EQ(rig.field(*batch, "$error", 0), "string:timestamp: no format fits");
    EXPECT_EQ(rig.metric("sluice_parse_errors_total"), 1);
  }
}

TEST(Timestamp, EqualTimesInARowAreKeptApart) {
  const struct {
    const char* option;
    std::vector<std::string> texts;
    std::vector<pipeline::UnixNanos> after;
  } cases[] = {
      {"auto",
       {"1767323045000", "1767323045000", "1767323045000", "1767323045001", "1767323045000"},
       {0, 1, 2, kMilli, 0}},
      {"false", {"1767323045000", "1767323045000"}, {0, 0}},
      {"auto", {"1767323045000.000", "1767323045000.000"}, {0, 0}},
      {"true", {"1767323045000.000", "1767323045000.000"}, {0, 1}},
  };
  for (const auto& c : cases) {
    Rig rig({register_plugin});
    ASSERT_TRUE(rig.add(std::string("timestamp: {field: ts, format: unix_ms, tie_break: ") +
                        c.option + "}"))
        << rig.errors();
    auto batch = with_times(rig, c.texts);
    rig.apply(*batch);
    for (std::size_t i = 0; i < c.after.size(); ++i)
      EXPECT_EQ(batch->time[i] - kTime, c.after[i]) << c.option << " " << i;
  }
}

// What is read again from a stored position, in other portions, gets the same times.
TEST(Timestamp, ARereadGivesTheSameTimes) {
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) texts.push_back(std::to_string(1767323045000 + i / 7));
  Rig once({register_plugin});
  ASSERT_TRUE(once.add("timestamp: {field: ts, format: unix_ms}"));
  auto whole = with_times(once, texts);
  once.apply(*whole);
  for (std::size_t cut = 0; cut <= texts.size(); ++cut) {
    const auto owner = boost::intrusive_ptr<Owner>(new Owner);
    Rig before({register_plugin});
    ASSERT_TRUE(before.add("timestamp: {field: ts, format: unix_ms}"));
    const auto middle = texts.begin() + static_cast<std::ptrdiff_t>(cut);
    auto first = with_times(before, {texts.begin(), middle});
    first->frame.parts[0].ack = pipeline::Ack(owner, 1);
    before.apply(*first);
    first->frame.parts[0].ack.settle(pipeline::Outcome::delivered);
    ASSERT_EQ(owner->ties.size(), 1u);

    Rig after({register_plugin});  // another process
    ASSERT_TRUE(after.add("timestamp: {field: ts, format: unix_ms}"));
    after.partition->tie = owner->ties[0];
    auto second = with_times(after, {middle, texts.end()});
    after.apply(*second);
    std::vector<pipeline::UnixNanos> times = first->time;
    times.insert(times.end(), second->time.begin(), second->time.end());
    ASSERT_EQ(times, whole->time) << cut;
  }
}

TEST(Timestamp, ZonesHoldForTimesWithoutOffset) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("timestamp: {field: ts, format: '%Y-%m-%d %H:%M:%S', zone: '+01:00'}"))
      << rig.errors();
  auto batch = with_times(rig, {"2026-01-02 04:04:05"});
  rig.apply(*batch);
  EXPECT_EQ(batch->time[0], kTime);
}

TEST(Timestamp, WrongOptionsAreRefused) {
  for (const char* yaml :
       {"timestamp", "timestamp: {field: []}", "timestamp: {field: ts, format: iso8601}",
        "timestamp: {field: ts, format: '%Q'}", "timestamp: {field: ts, zone: Mars/Olympus}",
        "timestamp: {field: ts, tie_break: maybe}"}) {
    Rig rig({register_plugin});
    EXPECT_FALSE(rig.add(yaml)) << yaml;
    EXPECT_FALSE(rig.errors().empty());
  }
}

}  // namespace
}  // namespace plugins::transforms::timestamp
