#include "pipeline/expr/convert.h"

#include <gtest/gtest.h>

namespace pipeline::expr {
namespace {

TEST(Convert, NumbersAreJsonsAndWhole) {
  EXPECT_EQ(parse_number("0")->integer, 0);
  EXPECT_EQ(parse_number("502")->integer, 502);
  EXPECT_EQ(parse_number("-7")->integer, -7);
  EXPECT_EQ(parse_number("9223372036854775807")->integer, INT64_MAX);
  EXPECT_FALSE(parse_number("9223372036854775808")->is_integer);
  EXPECT_DOUBLE_EQ(parse_number("1.5e3")->real, 1500);
  EXPECT_DOUBLE_EQ(parse_number("-0.25")->real, -0.25);
  for (const char* text :
       {"", " 1", "1 ", "0x10", "inf", "nan", "-inf", "1a", "-", "--1", "1,5", "+1", "٣"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(Convert, DurationsTakeWhatLogsWrite) {
  EXPECT_DOUBLE_EQ(*parse_duration_value("1.2s"), 1.2e9);
  EXPECT_DOUBLE_EQ(*parse_duration_value("500ms"), 5e8);
  EXPECT_DOUBLE_EQ(*parse_duration_value("1h30m"), 5400e9);
  EXPECT_DOUBLE_EQ(*parse_duration_value("1m2.5s"), 62.5e9);
  EXPECT_DOUBLE_EQ(*parse_duration_value("3µs"), 3e3);
  EXPECT_DOUBLE_EQ(*parse_duration_value("12.3 ms"), 12.3e6);
  EXPECT_DOUBLE_EQ(*parse_duration_value("-2s"), -2e9);
  EXPECT_DOUBLE_EQ(*parse_duration_value("0"), 0);
  for (const char* text : {"", "5", "s", "1.2", "1 2s", "5sec", "1s ", "-", "1e3s"})
    EXPECT_FALSE(parse_duration_value(text)) << text;
}

TEST(Convert, SizesTakeBareBytes) {
  EXPECT_DOUBLE_EQ(*parse_size_value("512"), 512);
  EXPECT_DOUBLE_EQ(*parse_size_value("10MiB"), 10.0 * 1024 * 1024);
  EXPECT_DOUBLE_EQ(*parse_size_value("1.5 GB"), 1.5e9);
  for (const char* text : {"", "MiB", "10Mi", "10 M", "x"})
    EXPECT_FALSE(parse_size_value(text)) << text;
}

TEST(Convert, TimesAreRfc3339) {
  EXPECT_EQ(*parse_time_value("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(*parse_time_value("2026-01-02T03:04:05.678Z"), 1767323045678000000);
  EXPECT_EQ(*parse_time_value("2026-01-02 03:04:05.123456789+00:00"), 1767323045123456789);
  EXPECT_EQ(*parse_time_value("2026-01-02T04:04:05+01:00"), 1767323045000000000);
  EXPECT_EQ(*parse_time_value("1969-12-31T23:59:59Z"), -1000000000);
  for (const char* text : {"", "2026-01-02", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z",
                           "2026-01-02T24:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z",
                           "2026-01-02T03:04:05Zx", "9999-01-01T00:00:00Z"})
    EXPECT_FALSE(parse_time_value(text)) << text;
}

TEST(Convert, NetworksHoldAddresses) {
  const auto in = [](const char* network, const char* address) {
    return parse_network(network)->contains(*parse_address(address));
  };
  EXPECT_TRUE(in("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(in("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(in("0.0.0.0/0", "255.1.1.1"));
  EXPECT_FALSE(in("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(in("10.0.0.128/25", "10.0.0.200"));
  EXPECT_FALSE(in("10.0.0.128/25", "10.0.0.100"));
  EXPECT_TRUE(in("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(in("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(in("10.0.0.0/8", "::ffff:10.0.0.1"));
  EXPECT_TRUE(in("1.2.3.4", "1.2.3.4:80"));
  EXPECT_TRUE(in("::1", "[::1]:80"));
  for (const char* text :
       {"", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "x/8", "10.0.0.0/8x"})
    EXPECT_FALSE(parse_network(text)) << text;
  for (const char* text : {"", "[::1", "host", "1.2.3.4.5", "[]"})
    EXPECT_FALSE(parse_address(text)) << text;
}

}  // namespace
}  // namespace pipeline::expr
