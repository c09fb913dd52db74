#include "plugins/sinks/loki/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugins::sinks::loki {
namespace {

using pipeline::Milliseconds;
using pipeline::Verdict;

constexpr pipeline::UnixNanos kNow = 784'111'777'000'000'000;  // Sun, 06 Nov 1994 08:49:37 GMT

TEST(Answers, only_200_and_204_mean_delivered) {
  for (int status = 0; status < 1000; ++status) {
    const auto said = classify({status, {}, ""}, kNow);
    EXPECT_EQ(said.verdict == Verdict::delivered, status == 200 || status == 204) << status;
  }
}

TEST(Answers, follow_the_table) {
  const struct {
    int status;
    Verdict verdict;
  } cases[] = {
      {200, Verdict::delivered}, {202, Verdict::retry},  {204, Verdict::delivered},
      {260, Verdict::blocked},   {301, Verdict::alarm},  {308, Verdict::alarm},
      {400, Verdict::bisect},    {401, Verdict::alarm},  {403, Verdict::alarm},
      {404, Verdict::alarm},     {405, Verdict::alarm},  {407, Verdict::alarm},
      {408, Verdict::retry},     {413, Verdict::split},  {415, Verdict::alarm},
      {418, Verdict::alarm},     {422, Verdict::bisect}, {425, Verdict::retry},
      {429, Verdict::retry},     {500, Verdict::retry},  {501, Verdict::retry},
      {502, Verdict::retry},     {503, Verdict::retry},  {504, Verdict::retry},
      {0, Verdict::retry},       {999, Verdict::retry},
  };
  for (const auto& c : cases)
    EXPECT_EQ(classify({c.status, {}, "x"}, kNow).verdict, c.verdict) << c.status;
}

TEST(Answers, a_missing_tenant_is_an_alarm_and_no_poison) {
  for (const char* body :
       {"no org id", "No Org ID\n", "multiple org IDs present",
        "tenant ID is too long: max 150 characters", "missing X-Scope-OrgID header"}) {
    EXPECT_EQ(classify({400, {}, body}, kNow).verdict, Verdict::alarm) << body;
  }
}

TEST(Answers, the_message_is_one_line_with_status_and_body) {
  const auto said = classify({400, {}, "line one\nline\ttwo\n"}, kNow);
  EXPECT_EQ(said.message, "400 (some records are invalid): line one line two");
  EXPECT_LT(classify({500, {}, std::string(10'000, 'x')}, kNow).message.size(), 600u);
}

TEST(Answers, retry_after_is_seconds_or_a_date_and_bounded) {
  const struct {
    const char* value;
    std::optional<Milliseconds> wait;
  } cases[] = {
      {"0", Milliseconds(0)},
      {" 7 ", Milliseconds(7000)},
      {"301", std::chrono::minutes(5)},
      {"99999999999999999999", std::chrono::minutes(5)},
      {"Sun, 06 Nov 1994 08:49:47 GMT", Milliseconds(10'000)},
      {"Sun, 06 Nov 1994 08:49:27 GMT", Milliseconds(0)},
      {"Mon, 07 Nov 1994 08:49:27 GMT", std::chrono::minutes(5)},
      {"-1", std::nullopt},
      {"soon", std::nullopt},
      {"", std::nullopt},
      {"1.5", std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(retry_after(c.value, kNow), c.wait) << c.value;
  EXPECT_EQ(classify({429, {{"retry-after", "3"}}, ""}, kNow).retry_after, Milliseconds(3000));
  EXPECT_EQ(classify({400, {{"Retry-After", "3"}}, ""}, kNow).retry_after, std::nullopt);
}

}  // namespace
}  // namespace plugins::sinks::loki
