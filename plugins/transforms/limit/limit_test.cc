#include <gtest/gtest.h>

#include <chrono>

#include "plugins/transforms/limit/buckets.h"
#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::limit {

void register_plugin(pipeline::Registry& registry);

namespace {

using pipeline::Value;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testkit::Rig;

std::vector<std::string> lines(std::size_t count) {
  return std::vector<std::string>(count, "0123456789");
}

TEST(Limit, DropsWhatIsTooMuch) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("limit: {rate: 10/s, burst: 5, when_full: drop}")) << rig.errors();
  EXPECT_EQ(Rig::live(*rig.run(lines(7))), "1111100");
  EXPECT_EQ(Rig::live(*rig.run(lines(2))), "00");
  rig.clock.advance(milliseconds(200));
  EXPECT_EQ(Rig::live(*rig.run(lines(3))), "110");
  rig.clock.advance(hours(1));
  EXPECT_EQ(Rig::live(*rig.run(lines(7))), "1111100") << "no more than the burst is saved up";
}

TEST(Limit, CountsBytesAndLetsALargeLinePassOnCredit) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("limit: {rate: 100B/s, burst: 15B, when_full: drop}")) << rig.errors();
  EXPECT_EQ(Rig::live(*rig.run(lines(3))), "110") << "15 bytes of credit, then a debt of 5";
  rig.clock.advance(milliseconds(100));
  EXPECT_EQ(Rig::live(*rig.run(lines(2))), "10");
}

TEST(Limit, BlocksByPausingTheLane) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("limit: 10/s")) << rig.errors();
  auto batch = rig.run(lines(10));
  EXPECT_EQ(batch->frame.pause.count(), 0) << "a second's worth at once";
  batch = rig.run(lines(5));
  EXPECT_EQ(Rig::live(*batch), "11111");
  EXPECT_NEAR(static_cast<double>(batch->frame.pause.count()), 5e8, 1e6);
  rig.clock.advance(batch->frame.pause);
  batch = rig.run(lines(1));
  EXPECT_NEAR(static_cast<double>(batch->frame.pause.count()), 1e8, 1e6);
}

TEST(Limit, GivesEachValueItsOwnRate) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("limit: {rate: 1/s, burst: 2, by: app, when_full: drop}")) << rig.errors();
  auto batch = rig.batch(lines(8));
  auto& app = batch->field_for_write(rig.plan.find("app"));
  for (std::size_t row : {0u, 2u, 4u}) app[row] = Value::string("a");
  for (std::size_t row : {1u, 3u}) app[row] = Value::string("b");
  rig.apply(*batch);
  EXPECT_EQ(Rig::live(*batch), "11110110") << "records without a value share one";
}

// Each lane has its own instance of one configuration; the rate is the component's.
TEST(Limit, LanesShareTheRateAndComponentsDoNot) {
  const auto shared = std::make_shared<SharedBuckets>();
  const BucketRules rules{.per_second = 1, .burst = 5, .max_keys = 10};
  const auto first = shared->of("pipeline/a/limit", rules);
  EXPECT_EQ(shared->of("pipeline/a/limit", rules), first);
  EXPECT_NE(shared->of("pipeline/b/limit", rules), first);
}

TEST(Limit, TheBucketsAreBoundedAndTheIdlestGoesFirst) {
  Buckets buckets({.per_second = 1, .burst = 1, .max_keys = 2});
  const auto start = pipeline::Instant(seconds(1));
  const auto take = [&](std::uint64_t key, pipeline::Instant now) {
    double before = 0;
    buckets.with(key, now, [&](Bucket& bucket) { before = bucket.tokens--; });
    return before;
  };
  EXPECT_EQ(take(1, start), 1);
  EXPECT_EQ(take(2, start + milliseconds(1)), 1);
  EXPECT_LT(take(1, start + milliseconds(2)), 1);
  EXPECT_EQ(take(3, start + milliseconds(3)), 1);  // 2 makes room
  EXPECT_EQ(buckets.size(), 2u);
  EXPECT_LT(take(1, start + milliseconds(4)), 1);
}

TEST(Limit, WrongOptionsAreRefused) {
  for (const char* yaml : {"limit", "limit: 1000", "limit: 0/s", "limit: {rate: 10/s, burst: 5MiB}",
                           "limit: {rate: 1MiB/s, burst: 5}", "limit: {rate: 1/s, burst: 0}",
                           "limit: {rate: 1/s, burst: many}", "limit: {rate: 1/s, max_keys: 0}"}) {
    Rig rig({register_plugin});
    EXPECT_FALSE(rig.add(yaml)) << yaml;
  }
}

}  // namespace
}  // namespace plugins::transforms::limit
