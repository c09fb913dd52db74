#include "plugins/sources/file/anchors.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace plugins::sources::file {
namespace {

using namespace std::chrono_literals;
using pipeline::Instant;

std::int64_t time_of(const Anchors& anchors, std::uint64_t offset) {
  return anchors.at(offset).base + static_cast<std::int64_t>(offset);
}

TEST(Anchors, TimesAreUniqueAndAscendWithTheOffset) {
  Anchors anchors;
  EXPECT_TRUE(anchors.ensure(100, 200, 200, 5000, Instant{1s}));
  EXPECT_EQ(time_of(anchors, 100), 5000);
  EXPECT_EQ(time_of(anchors, 199), 5099);
}

TEST(Anchors, ANewOneIsMadeOnceASecondAtMost) {
  Anchors anchors;
  EXPECT_TRUE(anchors.ensure(0, 10, 10, 1000, Instant{1s}));
  EXPECT_FALSE(anchors.ensure(10, 20, 20, 2000, Instant{1s + 500ms}));
  EXPECT_EQ(time_of(anchors, 10), 1010);
  EXPECT_TRUE(anchors.ensure(20, 30, 30, 900'000, Instant{2s}));
  EXPECT_EQ(time_of(anchors, 20), 900'000);
  EXPECT_EQ(time_of(anchors, 10), 1010) << "what was sent keeps its time";
}

TEST(Anchors, AClockThatStepsBackDoesNotReorderLines) {
  Anchors anchors;
  anchors.ensure(0, 1000, 1000, 5000, Instant{1s});
  anchors.ensure(1000, 1001, 1001, 10, Instant{3s});
  EXPECT_EQ(time_of(anchors, 1000), 6000);
}

TEST(Anchors, GoingFartherThanWasStoredIsStoredFirst) {
  Anchors anchors;
  anchors.ensure(0, 10, 10, 1000, Instant{1s});
  EXPECT_EQ(anchors.list().back().until, 10 + Anchors::kAhead);
  EXPECT_TRUE(anchors.ensure(10, 20 + Anchors::kAhead, 20, 1000, Instant{1s}));
  EXPECT_EQ(anchors.list().size(), 1u);
  EXPECT_GE(anchors.list().back().until, 20 + Anchors::kAhead);
}

TEST(Anchors, ThoseOfAcknowledgedLinesAreForgotten) {
  Anchors anchors({{0, 1, 10}, {10, 50, 20}, {20, 90, 30}});
  anchors.passed(15);
  EXPECT_EQ(anchors.list(), (std::vector<Anchor>{{10, 50, 20}, {20, 90, 30}}));
  anchors.passed(30);
  EXPECT_EQ(anchors.list(), (std::vector<Anchor>{{20, 90, 30}}));
}

TEST(Anchors, AreBounded) {
  Anchors anchors;
  for (std::uint64_t i = 0; i < 100; ++i)
    anchors.ensure(i * 10, i * 10 + 10, 0, static_cast<std::int64_t>(i), Instant{i * 2s});
  EXPECT_EQ(anchors.list().size(), Anchors::kMost);
  EXPECT_LT(time_of(anchors, 980), time_of(anchors, 990));
}

TEST(Anchors, AfterACleanStopNewLinesHaveNewTimes) {
  Anchors before;
  before.ensure(0, 10, 10, 1000, Instant{1s});
  before.clip();
  Anchors after(before.list());
  EXPECT_TRUE(after.ensure(10, 20, 20, 777'000, Instant{1h}));
  EXPECT_EQ(time_of(after, 10), 777'000);
}

// Lines are sent, the process dies at any moment, and what is sent again has the times of before:
// only what ensure() said had to be stored was stored.
TEST(Anchors, ARereadAfterACrashGivesTheSameTimes) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    std::map<std::uint64_t, std::int64_t> sent;
    std::vector<Anchor> stored;
    Anchors anchors;
    std::uint64_t at = 0;
    std::uint64_t acked = 0;
    std::int64_t now_ms = 1;
    for (int step = 0; step < 300; ++step) {
      now_ms += random() % 700;
      const auto action = static_cast<std::uint32_t>(random() % 12);
      if (action == 0) {  // crash: the process starts again where it was acknowledged
        anchors = Anchors(stored);
        at = acked;
        now_ms += random() % 100'000;
      } else if (action == 1) {  // rewind
        at = acked;
      } else if (action == 2) {
        acked += random() % (at - acked + 1);
        anchors.passed(acked);
        stored = anchors.list();
      } else {
        const std::uint64_t end = at + 1 + random() % (random() % 8 == 0 ? 2'000'000 : 500);
        if (anchors.ensure(at, end, end + random() % 1000, now_ms * 1'000'000,
                           Instant{std::chrono::milliseconds(now_ms)}))
          stored = anchors.list();
        for (const std::uint64_t offset : {at, at + (end - at) / 2, end - 1}) {
          const auto [line, is_new] = sent.try_emplace(offset, time_of(anchors, offset));
          ASSERT_EQ(line->second, time_of(anchors, offset))
              << "seed " << seed << " step " << step << " offset " << offset << " new " << is_new;
          if (line != sent.begin()) {
            ASSERT_LT(std::prev(line)->second, line->second);
          }
        }
        at = end;
      }
    }
  }
}

}  // namespace
}  // namespace plugins::sources::file
