#include "pipeline/codec/time_parse.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "pipeline/codec/civil_time.h"
#include "pipeline/codec/posix_zone.h"

namespace pipeline {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;
// 2026-07-15T12:00:00Z
constexpr UnixNanos kReference = 1'784'116'800 * kSecond;

std::string shown(const std::optional<ParsedTime>& time) {
  if (!time) return "none";
  std::string text;
  append_rfc3339(text, time->ns);
  return text + " " + std::to_string(time->digits);
}

std::string parsed(std::string_view format, std::string_view text, TimeZone zone = {},
                   UnixNanos reference = kReference) {
  const auto compiled = TimeFormat::compile(format, std::move(zone));
  if (!compiled) return compiled.error().message();
  // A copy of exactly that size, so that a sanitizer sees a read past its end.
  const std::vector<char> exact(text.begin(), text.end());
  return shown(compiled->parse({exact.data(), exact.size()}, reference));
}

TEST(Time, Rfc3339) {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000000Z 0"},
      {"2026-01-02t03:04:05z", "2026-01-02T03:04:05.000000000Z 0"},
      {"2026-01-02 03:04:05.6Z", "2026-01-02T03:04:05.600000000Z 1"},
      {"2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678000000Z 3"},
      {"2026-01-02T03:04:05,678Z", "2026-01-02T03:04:05.678000000Z 3"},
      {"2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456789Z 9"},
      {"2026-01-02T03:04:05.1234567899999Z", "2026-01-02T03:04:05.123456789Z 9"},
      {"2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05.000000000Z 0"},
      {"2026-01-02T03:04:05-0530", "2026-01-02T08:34:05.000000000Z 0"},
      {"2026-01-02T03:04:05+01", "2026-01-02T02:04:05.000000000Z 0"},
      {"2026-01-02T03:04:05", "2026-01-02T03:04:05.000000000Z 0"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000000Z 0"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000000Z 0"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000000Z 1"},
      {"2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775807Z 9"},
      {"2262-04-11T23:47:17Z", "none"},
      {"1677-09-21T00:12:43Z", "none"},
      {"0001-01-01T00:00:00Z", "none"},
      {"0000-01-01T00:00:00Z", "none"},
      {"2023-02-29T00:00:00Z", "none"},
      {"2026-01-02T03:04:0:Z", "none"},
      {"2026-01-02T03:04;05Z", "none"},
      {"2026-01-02T03:/4:05Z", "none"},
      {"2026-01-02T03:\xff"
       "4:05Z",
       "none"},
      {"2026-13-01T00:00:00Z", "none"},
      {"2026-00-01T00:00:00Z", "none"},
      {"2026-01-00T00:00:00Z", "none"},
      {"2026-01-32T00:00:00Z", "none"},
      {"2026-01-02T24:00:00Z", "none"},
      {"2026-01-02T03:60:00Z", "none"},
      {"2026-01-02T03:04:60Z", "none"},
      {"2026-01-02T03:04:05.Z", "none"},
      {"2026-01-02T03:04:05Zx", "none"},
      {"2026-01-02T03:04:05+24:00", "none"},
      {"2026-01-02T03:04:05+1:00", "none"},
      {"2026-01-02T03:04:05+01:", "none"},
      {"2026-01-02T03:04:0", "none"},
      {"2026/01/02T03:04:05Z", "none"},
      {"", "none"},
  };
  for (const auto& c : cases) EXPECT_EQ(parsed("rfc3339", c.text), c.shown) << c.text;
  EXPECT_EQ(parsed("rfc3339", "2026-01-02T03:04:05", TimeZone::fixed(3600)),
            "2026-01-02T02:04:05.000000000Z 0");
}

TEST(Time, UnixTimesAreExact) {
  const struct {
    const char* format;
    const char* text;
    const char* shown;
  } cases[] = {
      {"unix", "1767323045", "2026-01-02T03:04:05.000000000Z 0"},
      {"unix_s", "1767323045.678", "2026-01-02T03:04:05.678000000Z 3"},
      {"unix", "1.767323045678e9", "2026-01-02T03:04:05.678000000Z 3"},
      {"unix", "1.767323045678901234567E+09", "2026-01-02T03:04:05.678901234Z 9"},
      {"unix_ms", "1767323045678", "2026-01-02T03:04:05.678000000Z 3"},
      {"unix_ms", "1767323045678.25", "2026-01-02T03:04:05.678250000Z 5"},
      {"unix_us", "1767323045678901", "2026-01-02T03:04:05.678901000Z 6"},
      {"unix_ns", "1767323045678901234", "2026-01-02T03:04:05.678901234Z 9"},
      {"unix", "0", "1970-01-01T00:00:00.000000000Z 0"},
      {"unix", "-1.5", "1969-12-31T23:59:58.500000000Z 1"},
      {"unix", "99999999999", "none"},
      {"unix", "1e400", "none"},
      {"unix", "", "none"},
      {"unix", "-", "none"},
      {"unix", ".", "none"},
      {"unix", "1e", "none"},
      {"unix", "12x", "none"},
  };
  for (const auto& c : cases) EXPECT_EQ(parsed(c.format, c.text), c.shown) << c.text;
}

TEST(Time, Patterns) {
  const struct {
    const char* format;
    const char* text;
    const char* shown;
  } cases[] = {
      {"%d/%b/%Y:%H:%M:%S %z", "02/Jan/2026:03:04:05 +0100", "2026-01-02T02:04:05.000000000Z 0"},
      {"%d/%b/%Y:%H:%M:%S %z", "02/JAN/2026:03:04:05 Z", "2026-01-02T03:04:05.000000000Z 0"},
      {"%Y-%m-%d %H:%M:%E*S %Z", "2026-01-02 03:04:05.678 UTC", "2026-01-02T03:04:05.678000000Z 3"},
      {"%Y-%m-%d %H:%M:%E*S %Z", "2026-01-02 03:04:05 GMT", "2026-01-02T03:04:05.000000000Z 0"},
      {"%Y-%m-%d %H:%M:%E*S %Z", "2026-01-02 03:04:05 +02:00", "2026-01-02T01:04:05.000000000Z 0"},
      {"%Y-%m-%d %H:%M:%E*S %Z", "2026-01-02 03:04:05 XYZ", "none"},
      {"%Y-%m-%d %H:%M:%S,%f", "2026-01-02 03:04:05,678", "2026-01-02T03:04:05.678000000Z 3"},
      {"%F %T", "2026-01-02 03:04:05", "2026-01-02T03:04:05.000000000Z 0"},
      {"%D %R", "01/02/26 03:04", "2026-01-02T03:04:00.000000000Z 0"},
      {"%y%m%d%H%M%S", "260102030405", "2026-01-02T03:04:05.000000000Z 0"},
      {"%y-%m-%d", "69-01-02", "1969-01-02T00:00:00.000000000Z 0"},
      {"%m/%d/%Y %I:%M:%S %p", "1/2/2026 3:04:05 PM", "2026-01-02T15:04:05.000000000Z 0"},
      {"%m/%d/%Y %I:%M:%S %p", "01/02/2026 12:04:05 am", "2026-01-02T00:04:05.000000000Z 0"},
      {"%m/%d/%Y %I:%M:%S %p", "01/02/2026 13:04:05 am", "none"},
      {"%A, %d %B %Y %H:%M:%S", "friday, 02 January 2026 03:04:05",
       "2026-01-02T03:04:05.000000000Z 0"},
      {"%a %b %e %H:%M:%S %Y", "Fri Jan  2 03:04:05 2026", "2026-01-02T03:04:05.000000000Z 0"},
      {"%b %e %H:%M:%S", "May 12 03:04:05", "2026-05-12T03:04:05.000000000Z 0"},
      {"%Y %j", "2024 366", "2024-12-31T00:00:00.000000000Z 0"},
      {"%Y %j", "2026 366", "none"},
      {"%s", "1767323045", "2026-01-02T03:04:05.000000000Z 0"},
      {"%s.%f", "1767323045.25", "2026-01-02T03:04:05.250000000Z 2"},
      {"100%% %F", "100% 2026-01-02", "2026-01-02T00:00:00.000000000Z 0"},
      {"%F", "2026-01-02x", "none"},
      {"%F", "2026-02-30", "none"},
      {"%F %T", "2026-01-02", "none"},
      {"%F %T", "2026-06-30 23:59:60", "2026-07-01T00:00:00.000000000Z 0"},
      {"%F %T", "2026-06-30 23:58:60", "none"},
  };
  for (const auto& c : cases) EXPECT_EQ(parsed(c.format, c.text), c.shown) << c.text;
}

TEST(Time, WrongFormatsSayWhatToWrite) {
  for (const char* format : {"rfc822", "%Q", "%", "%H:%M", "%Y-%m"}) {
    const auto compiled = TimeFormat::compile(format);
    ASSERT_FALSE(compiled) << format;
    EXPECT_NE(compiled.error().message().find('%'), std::string::npos) << format;
  }
}

TEST(Time, AMissingYearIsTheNearest) {
  const UnixNanos december = days_from_civil(2026, 12, 31) * kSecondsOfDay * kSecond;
  const UnixNanos january = days_from_civil(2027, 1, 1) * kSecondsOfDay * kSecond;
  EXPECT_EQ(parsed("%b %e", "Jan 1", {}, december), "2027-01-01T00:00:00.000000000Z 0");
  EXPECT_EQ(parsed("%b %e", "Dec 31", {}, december), "2026-12-31T00:00:00.000000000Z 0");
  EXPECT_EQ(parsed("%b %e", "Dec 31", {}, january), "2026-12-31T00:00:00.000000000Z 0");
  EXPECT_EQ(parsed("%b %e", "Jan 1", {}, january), "2027-01-01T00:00:00.000000000Z 0");
}

TEST(Time, FormattingAndParsingAreInverse) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto time = static_cast<UnixNanos>(random());
    std::string text;
    append_rfc3339(text, time);
    const auto back = parse_rfc3339(text);
    // The lowest value's own second begins before the range does.
    if (time < -9'223'372'036 * kSecond) continue;
    ASSERT_TRUE(back) << text;
    ASSERT_EQ(back->ns, time) << text;
  }
}

TEST(TimeZones, NamesAndOffsets) {
  SystemFileSystem files;
  EXPECT_EQ(TimeZone::find("+01:00", files)->to_unix(3600), 0);
  EXPECT_EQ(TimeZone::find("-0530", files)->to_unix(0), 5 * 3600 + 1800);
  EXPECT_EQ(TimeZone::find("UTC", files)->to_unix(5), 5);
  for (const char* name : {"Nowhere/City", "../etc/passwd", "/etc/localtime", "", "+25:00"}) {
    EXPECT_FALSE(TimeZone::find(name, files)) << name;
  }
  EXPECT_FALSE(TimeZone::from_tzif("TZif2 but not really"));
}

TEST(TimeZones, SummerTimeOfBerlin) {
  SystemFileSystem files;
  const auto berlin = TimeZone::find("Europe/Berlin", files);
  ASSERT_TRUE(berlin) << "the package tzdata is missing";
  const struct {
    const char* local;
    const char* utc;
  } cases[] = {
      {"2026-01-15 12:00:00", "2026-01-15T11:00:00.000000000Z 0"},
      {"2026-07-15 12:00:00", "2026-07-15T10:00:00.000000000Z 0"},
      {"2026-03-29 01:59:59", "2026-03-29T00:59:59.000000000Z 0"},
      {"2026-03-29 02:30:00", "2026-03-29T01:30:00.000000000Z 0"},  // skipped
      {"2026-03-29 03:00:00", "2026-03-29T01:00:00.000000000Z 0"},
      {"2026-10-25 01:59:59", "2026-10-24T23:59:59.000000000Z 0"},
      {"2026-10-25 02:30:00", "2026-10-25T00:30:00.000000000Z 0"},  // twice: the first
      {"2026-10-25 03:00:00", "2026-10-25T02:00:00.000000000Z 0"},
      {"2100-07-15 12:00:00", "2100-07-15T10:00:00.000000000Z 0"},  // by the rule of the footer
      {"1980-07-15 12:00:00", "1980-07-15T10:00:00.000000000Z 0"},
      {"1979-07-15 12:00:00", "1979-07-15T11:00:00.000000000Z 0"},
  };
  for (const auto& c : cases) EXPECT_EQ(parsed("%F %T", c.local, *berlin), c.utc) << c.local;
  EXPECT_EQ(parsed("%F %T %Z", "2026-07-15 12:00:00 CEST", *berlin),
            "2026-07-15T10:00:00.000000000Z 0");
  EXPECT_EQ(parsed("%F %T %Z", "2026-10-25 02:30:00 CET", *berlin),
            "2026-10-25T01:30:00.000000000Z 0");
}

// The C library is the oracle for all of a zone's times that happen once.
TEST(TimeZones, AgreeWithTheCLibrary) {
  SystemFileSystem files;
  for (const char* name : {"America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
                           "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Apia"}) {
    const auto zone = TimeZone::find(name, files);
    ASSERT_TRUE(zone) << "the package tzdata is missing";
    ::setenv("TZ", name, 1);
    ::tzset();
    std::mt19937_64 random(3);
    for (int i = 0; i < 3000; ++i) {
      const auto time = static_cast<std::time_t>(random() % 4'000'000'000);
      std::tm local{};
      ::localtime_r(&time, &local);
      const std::int64_t as_utc =
          days_from_civil(local.tm_year + 1900, static_cast<unsigned>(local.tm_mon + 1),
                          static_cast<unsigned>(local.tm_mday)) *
              kSecondsOfDay +
          local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec;
      const std::int64_t ours = zone->to_unix(as_utc);
      if (ours == time) continue;
      // Then it happens twice, and ours is the earlier of the two.
      std::tm other{};
      const auto earlier = static_cast<std::time_t>(ours);
      ::localtime_r(&earlier, &other);
      ASSERT_LT(ours, time) << name;
      ASSERT_EQ(other.tm_hour * 3600 + other.tm_min * 60 + other.tm_sec,
                local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec)
          << name << " " << time;
    }
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST(TimeZones, PosixRules) {
  const auto rule = PosixZone::parse("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->standard_offset, -3 * 3600);
  EXPECT_EQ(rule->summer_offset, -2 * 3600);
  EXPECT_EQ(rule->to_summer.time, -7200);
  for (const char* broken : {"", "C", "CET", "CET-1CEST", "CET-1CEST,M3.5.0",
                             "CET-1CEST,M13.1.0,J1", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0x"}) {
    EXPECT_FALSE(PosixZone::parse(broken)) << broken;
  }
}

}  // namespace
}  // namespace pipeline
