#include "tests/support/loki_standin/labels.h"

#include <gtest/gtest.h>

namespace loki_standin {
namespace {

TEST(ParseLabels, ReadsPairsAndEscapes) {
  const auto labels = parse_labels(R"({a="1", b="x\"y\\\n", c="ü\u00fc\x41\101"})");
  ASSERT_TRUE(labels) << labels.error();
  ASSERT_EQ(labels->size(), 3U);
  EXPECT_EQ((*labels)[1].value, "x\"y\\\n");
  EXPECT_EQ((*labels)[2].value, "üüAA");
}

TEST(ParseLabels, RefusesWhatLokiRefuses) {
  for (const char* text :
       {"", "a=\"b\"", "{", "{a}", "{a=}", "{a=b}", "{a='b'}", "{a=\"b}", "{a=\"b\"", "{a=\"\\q\"}",
        "{a=\"b\" c=\"d\"}", "{1a=\"b\"}", "{a-b=\"c\"}", "{a=\"b\"}x", "{a=\"x\ny\"}",
        "{a.b=\"c\"}", "{=\"c\"}", "{,}"}) {
    EXPECT_FALSE(parse_labels(text)) << text;
  }
}

TEST(ParseLabels, AcceptsNoLabelsAndAFinalComma) {
  EXPECT_TRUE(parse_labels("{}"));
  EXPECT_TRUE(parse_labels("{a=\"b\",}"));
}

TEST(Utf8, TellsValidFromInvalid) {
  for (const char* text : {"", "abc", "ü", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << text;
  }
  for (const char* text :
       {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80z"}) {
    EXPECT_FALSE(is_valid_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace loki_standin
