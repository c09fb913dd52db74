#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/app/documents.h"
#include "pipeline/app/line_sample.h"
#include "pipeline/app/option_text.h"
#include "pipeline/app/try_config.h"
#include "pipeline/app/try_detect.h"
#include "pipeline/config/fake_files.h"

namespace pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr UnixNanos kNow = 1'784'116'800'000'000'000;  // 2026-07-15T12:00:00Z

Detected detect_lines(const std::vector<std::string_view>& lines) { return detect(lines, kNow); }

TEST(Detect, JsonWithOddLinesBetweenIsJson) {
  const Detected found = detect_lines({
      R"({"time":"2026-07-15T12:00:00Z","lvl":"info","service":"cart","n":1})",
      R"({"time":"2026-07-15T12:00:01Z","lvl":"warn","service":"shop","n":2})",
      "panic: oh no",
  });
  EXPECT_EQ(found.format, LineFormat::json);
  EXPECT_EQ(found.matched, 2u);
  EXPECT_EQ(found.time_field, "time");
  EXPECT_EQ(found.time_format, "rfc3339");
  EXPECT_EQ(found.level_field, "lvl");
  EXPECT_THAT(found.labels, ElementsAre("lvl", "service"));
}

struct TimeCase {
  std::string_view line;
  std::string_view field;
  std::string_view format;
};

TEST(Detect, TimesOfFieldsByNameAndValue) {
  for (const TimeCase& each : {
           TimeCase{R"({"ts":1784116800})", "ts", "unix"},
           TimeCase{R"({"ts":1784116800.5})", "ts", "unix"},
           TimeCase{R"({"t":1784116800000})", "t", "unix_ms"},
           TimeCase{R"({"t":"1784116800000000"})", "t", "unix_us"},
           TimeCase{R"({"@timestamp":"2026-07-15 12:00:00,123"})", "@timestamp", "rfc3339"},
           TimeCase{R"({"when":"2026-07-15T12:00:00+02:00"})", "when", "rfc3339"},
           TimeCase{R"({"time":"15/Jul/2026:12:00:00 +0000"})", "time", "%d/%b/%Y:%H:%M:%S %z"},
           // A number says nothing without a name that does.
           TimeCase{R"({"id":1784116800})", "", ""},
           TimeCase{R"({"ts":"soon"})", "", ""},
       }) {
    const Detected found = detect_lines({each.line});
    EXPECT_EQ(found.time_field, each.field) << each.line;
    EXPECT_EQ(found.time_format, each.format) << each.line;
  }
}

TEST(Detect, AFieldWithManyValuesIsNoLabel) {
  std::vector<std::string> text;
  for (int i = 0; i < 100; ++i)
    text.push_back(R"({"level":"info","service":"s)" + std::to_string(i) + R"(","zone":"a"})");
  const std::vector<std::string_view> lines(text.begin(), text.end());
  const Detected found = detect_lines(lines);
  EXPECT_THAT(found.labels, ElementsAre("level"));
  EXPECT_THAT(found.candidates, ElementsAre("zone"));
}

TEST(Detect, LogfmtAndPlainText) {
  EXPECT_EQ(detect_lines({R"(ts=1 level=info msg="a b c")"}).format, LineFormat::logfmt);
  EXPECT_EQ(detect_lines({"user = 1 and so on"}).format, LineFormat::plain);
  EXPECT_EQ(detect_lines({"GET /a?b=1 200"}).format, LineFormat::plain);
}

TEST(Logfmt, ReadsQuotedValuesAndRefusesProse) {
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  ASSERT_TRUE(read_logfmt(R"(a=1 b="x \" y" c=)", fields));
  EXPECT_THAT(fields, ElementsAre(testing::Pair("a", "1"), testing::Pair("b", R"(x \" y)"),
                                  testing::Pair("c", "")));
  EXPECT_FALSE(read_logfmt("a sentence with x=1 in it", fields));
  EXPECT_FALSE(read_logfmt("", fields));
  EXPECT_TRUE(read_logfmt(R"(a=1 b="never closed)", fields));
}

TEST(LeadingTime, OfTheUsualLogs) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"Jun 14 15:16:01 combo sshd[1]: x", "%b %e %H:%M:%S"},
      {"Jun  4 15:16:01 combo sshd[1]: x", "%b %e %H:%M:%S"},
      {"[Sun Dec 04 04:47:44 2005] [notice] x", "%a %b %e %H:%M:%S %Y"},
      {"2015-10-18 18:01:47,978 INFO [main] x", "rfc3339"},
      {"2026-07-15T12:00:00.1Z x", "rfc3339"},
      {"10.0.0.1 - - [15/Jul/2026:12:00:00 +0000] \"GET /\"", "%d/%b/%Y:%H:%M:%S %z"},
      {"17/06/09 20:10:40 INFO x", "%y/%m/%d %H:%M:%S"},
      {"081109 203615 148 INFO x", "%y%m%d %H%M%S"},
      {"1784116800.123 x", "unix"},
      {"12 monkeys", ""},
      {"nothing here", ""},
  };
  for (const auto& [line, format] : cases) {
    std::size_t count = 0;
    const std::vector<std::string_view> lines = {line};
    EXPECT_EQ(detect_leading_time(lines, kNow, count).format, format) << line;
    EXPECT_EQ(count, format.empty() ? 0u : 1u) << line;
  }
}

TEST(Sample, SaysWhyAFileIsNoLog) {
  FakeFiles files;
  files.put("/empty", "");
  files.put("/blank", "\n\r\n\n");
  files.put("/gz", "\x1f\x8b\x08");
  files.put("/elf", std::string("\x7f"
                                "ELF\0\0\0\0",
                                8));
  const std::pair<std::string, std::string> cases[] = {{"/empty", "empty"},
                                                       {"/blank", "no lines"},
                                                       {"/gz", "zcat"},
                                                       {"/elf", "binary"},
                                                       {"/none", "No such file"}};
  for (const auto& [path, why] : cases) {
    LineSample sample;
    const Result<> read = sample_file(files, path, false, sample);
    ASSERT_FALSE(read) << path;
    EXPECT_THAT(read.error().message(), HasSubstr(why));
  }
}

TEST(Sample, TakesWholeLinesFromEitherEnd) {
  FakeFiles files;
  std::string text;
  for (int i = 0; text.size() < kSampleBytes + 100; ++i)
    text += "line " + std::to_string(i) + "\r\n";
  text += "the last";
  files.put("/log", text);
  LineSample head;
  ASSERT_TRUE(sample_file(files, "/log", false, head));
  EXPECT_EQ(head.lines.front(), "line 0");
  EXPECT_FALSE(head.is_whole);
  EXPECT_NE(text.find(std::string(head.lines.back()) + "\r\n"), std::string::npos);
  LineSample tail;
  ASSERT_TRUE(sample_file(files, "/log", true, tail));
  EXPECT_EQ(tail.lines.back(), "the last");
  EXPECT_TRUE(tail.lines.front().starts_with("line "));
}

TEST(Config, NamesOfSourcesAreLegalAndFree) {
  EXPECT_EQ(source_name("/var/log/app-1.log"), "app-1");
  EXPECT_EQ(source_name("2026.log"), "log_2026");
  EXPECT_EQ(source_name("/x/ä b.log.1"), "___b");
  EXPECT_EQ(source_name("loki.log"), "loki_log");
  EXPECT_EQ(source_name("/x/"), "log_");
}

TEST(Documents, ATableGoesBetweenTheMarksOnly) {
  const auto made = with_option_table("a\n<!-- options -->\nold\n<!-- /options -->\nb\n", "new\n");
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, "a\n<!-- options -->\nnew\n<!-- /options -->\nb\n");
  EXPECT_FALSE(with_option_table("<!-- /options --> <!-- options -->", "new"));
}

TEST(OptionText, WrapsAtWords) {
  EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrapped("averyveryverylongword x", 0, 5), "averyveryverylongword\nx\n");
  EXPECT_EQ(wrapped("", 2), "");
}

}  // namespace
}  // namespace pipeline
