#include "pipeline/config/units.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace pipeline {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsRead) {
  const std::pair<const char*, Duration> cases[] = {{"0", 0ns},
                                                    {"0s", 0s},
                                                    {"15s", 15s},
                                                    {"500ms", 500ms},
                                                    {"1h30m", 90min},
                                                    {"1.5s", 1500ms},
                                                    {"7d", 168h},
                                                    {"2w", 336h},
                                                    {"3us", 3us},
                                                    {"9ns", 9ns},
                                                    {"1d12h30m5s6ms", 36h + 30min + 5s + 6ms}};
  for (const auto& [text, value] : cases) {
    ASSERT_TRUE(parse_duration(text)) << text;
    EXPECT_EQ(*parse_duration(text), value) << text;
  }
}

TEST(Duration, IsRefusedWithAHint) {
  const std::pair<const char*, const char*> cases[] = {
      {"15", "write 15s, 15m or 15ms"},
      {"15 s", "write 15s"},
      {"15sec", "write 15s"},
      {"5min", "write 5m"},
      {"1H", "write 1h"},
      {"2days", "write 2d"},
      {"1h30", "write 1h30s, 1h30m or 1h30ms"},
      {"1h30min", "write 1h30m"},
      {"x", "units are ns us ms s m h d w"},
      {"-1s", ""},
      {"", ""},
      {"30m1h", ""},
      {"1s1s", ""},
      {"99999999w", "the longest is 15250w"},
      {"99999999999999999999999s", "the longest is 15250w"},
      {"1y", "units are ns us ms s m h d w"}};
  for (const auto& [text, hint] : cases) {
    const auto value = parse_duration(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().hint, hint) << text;
    EXPECT_FALSE(value.error().message.empty());
  }
}

TEST(Size, IsRead) {
  const std::pair<const char*, std::uint64_t> cases[] = {{"0", 0},
                                                         {"0B", 0},
                                                         {"12B", 12},
                                                         {"1kB", 1000},
                                                         {"1MB", 1'000'000},
                                                         {"1KiB", 1024},
                                                         {"128MiB", 134'217'728},
                                                         {"1.5GiB", 1'610'612'736},
                                                         {"2TB", 2'000'000'000'000},
                                                         {"1TiB", 1'099'511'627'776}};
  for (const auto& [text, bytes] : cases) {
    ASSERT_TRUE(parse_size(text)) << text;
    EXPECT_EQ(parse_size(text)->bytes, bytes) << text;
  }
}

TEST(Size, IsRefusedWithAHint) {
  const std::pair<const char*, const char*> cases[] = {
      {"128Mi", "write 128MiB"},
      {"128M", "write 128MiB"},
      {"128m", "write 128MiB"},
      {"1g", "write 1GiB"},
      {"64k", "write 64KiB"},
      {"64KB", "write 64kB"},
      {"8 MiB", "write 8MiB"},
      {"8mib", "write 8MiB"},
      {"8mb", "write 8MB"},
      {"100", "write 100MiB, 100KiB or 100B"},
      {"8388608", "write 8MiB"},
      {"big", "units are B kB MB GB TB KiB MiB GiB TiB"},
      {"-1B", ""},
      {"99999999TiB", ""},
      {"", ""}};
  for (const auto& [text, hint] : cases) {
    const auto value = parse_size(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().hint, hint) << text;
  }
}

TEST(Rate, IsRead) {
  EXPECT_EQ(*parse_rate("1000/s"), (Rate{1000, false}));
  EXPECT_EQ(*parse_rate("0.5/s"), (Rate{0.5, false}));
  EXPECT_EQ(*parse_rate("60/m"), (Rate{1, false}));
  EXPECT_EQ(*parse_rate("10MiB/s"), (Rate{10.0 * (1 << 20), true}));
  EXPECT_EQ(*parse_rate("0"), Rate{});
}

TEST(Rate, IsRefusedWithAHint) {
  const std::pair<const char*, const char*> cases[] = {
      {"1000", "write 1000/s"},   {"10MiB", "write 10MiB/s"},        {"1000/sec", "write 1000/s"},
      {"10M/s", "write 10MiB/s"}, {"/s", "write 1000/s or 10MiB/s"}, {"5/fortnight", "write 5/s"}};
  for (const auto& [text, hint] : cases) {
    const auto value = parse_rate(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().hint, hint) << text;
  }
}

TEST(Ratio, IsReadAndRefused) {
  EXPECT_DOUBLE_EQ(parse_ratio("0.1")->value, 0.1);
  EXPECT_DOUBLE_EQ(parse_ratio("10%")->value, 0.1);
  EXPECT_DOUBLE_EQ(parse_ratio("1")->value, 1);
  EXPECT_DOUBLE_EQ(parse_ratio("0")->value, 0);
  EXPECT_EQ(parse_ratio("10").error().hint, "write 10%");
  EXPECT_EQ(parse_ratio("120%").error().hint, "the most is 100%");
  for (const char* wrong : {"", "%", "x", "-1", "1e3", "0.1.2"})
    EXPECT_FALSE(parse_ratio(wrong)) << wrong;
}

TEST(Units, PrintTheShortestTextThatReadsBack) {
  EXPECT_EQ(print(Duration(24h)), "24h");
  EXPECT_EQ(print(Duration(168h)), "7d");
  EXPECT_EQ(print(Duration(90min)), "1h30m");
  EXPECT_EQ(print(Duration(0)), "0s");
  EXPECT_EQ(print(4_GiB), "4GiB");
  EXPECT_EQ(print(Size{1'000'000}), "1MB");
  EXPECT_EQ(print(Size{1537}), "1537B");
  EXPECT_EQ(print(Rate{10.0 * (1 << 20), true}), "10MiB/s");
  EXPECT_EQ(print(Rate{0.5, false}), "30/m");
  EXPECT_EQ(print(Ratio{0.1}), "10%");
  EXPECT_EQ(print(Ratio{0.125}), "0.125");
  for (const Duration value :
       {Duration(1), Duration(1500ms), Duration(25h), Duration(61s), Duration::max()}) {
    EXPECT_EQ(*parse_duration(print(value)), value) << print(value);
  }
  for (const Size value :
       {Size{1}, Size{1023}, 3_MiB, Size{2'000'000'000}, Size{~std::uint64_t{0}}}) {
    EXPECT_EQ(*parse_size(print(value)), value) << print(value);
  }
}

}  // namespace
}  // namespace pipeline
