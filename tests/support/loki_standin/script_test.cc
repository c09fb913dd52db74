#include "tests/support/loki_standin/script.h"

#include <gtest/gtest.h>

namespace loki_standin {
namespace {

using Clock = std::chrono::steady_clock;

TEST(Script, PlaysStepsByCountAndThenEnds) {
  Script script;
  ASSERT_TRUE(script.append(
      R"({"steps":[{"status":503,"count":2},{"status":429,"headers":{"Retry-After":"1"}}]})"));
  const auto now = Clock::now();
  EXPECT_EQ(script.next(now)->status, 503);
  EXPECT_EQ(script.next(now)->status, 503);
  const auto limited = script.next(now);
  EXPECT_EQ(limited->status, 429);
  EXPECT_EQ(limited->headers.at(0).second, "1");
  EXPECT_FALSE(script.next(now));
}

TEST(Script, PlaysStepsByTimeFromTheirFirstRequest) {
  Script script;
  ASSERT_TRUE(script.append(R"({"steps":[{"status":500,"duration_ms":1000},{"status":502}]})"));
  const auto now = Clock::now();
  EXPECT_EQ(script.next(now)->status, 500);
  EXPECT_EQ(script.next(now + std::chrono::milliseconds(999))->status, 500);
  EXPECT_EQ(script.next(now + std::chrono::milliseconds(1000))->status, 502);
  EXPECT_FALSE(script.next(now));
}

TEST(Script, RefusesWhatItDoesNotKnow) {
  Script script;
  EXPECT_FALSE(script.append("nonsense"));
  EXPECT_FALSE(script.append("{}"));
  EXPECT_FALSE(script.append(R"({"steps":[{"behaviour":"explode"}]})"));
  EXPECT_FALSE(script.append(R"({"steps":[{"statsu":500}]})"));
  EXPECT_EQ(script.steps_left(), 0U);
}

}  // namespace
}  // namespace loki_standin
