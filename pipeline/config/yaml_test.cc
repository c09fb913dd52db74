#include "pipeline/config/yaml.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace pipeline {
namespace {

Node parse(const std::string& text) {
  Diagnostics diagnostics;
  auto node = parse_yaml(std::make_shared<const SourceText>("a.yaml", text), diagnostics);
  EXPECT_TRUE(node.has_value()) << diagnostics.to_text();
  return node.value_or(Node{});
}

TEST(Yaml, KindsAreTold) {
  const Node root = parse("a: 1\nb: [x, 'y']\nc: {d: ~}\ne:\nf: ''\ng: 'null'\n");
  ASSERT_TRUE(root.is_mapping());
  EXPECT_EQ(root.find("a")->text, "1");
  EXPECT_TRUE(root.find("a")->is_plain());
  EXPECT_EQ(root.find("b")->items.size(), 2U);
  EXPECT_EQ(root.find("b")->items[1].style, ScalarStyle::single_quoted);
  EXPECT_TRUE(root.find("c")->find("d")->is_null());
  EXPECT_TRUE(root.find("e")->is_null());
  EXPECT_TRUE(root.find("f")->is_scalar());
  EXPECT_TRUE(root.find("g")->is_scalar());
  EXPECT_EQ(root.find("h"), nullptr);
}

TEST(Yaml, PlacesCountFromOneInCodePoints) {
  const Node root = parse("äö: x\nk: [\"ü\", zz]\n");
  const auto& first = root.entries[0];
  EXPECT_EQ(first.key_where.text(), "a.yaml:1:1");
  EXPECT_EQ(first.key_where.length, 2U);
  EXPECT_EQ(first.value.where.text(), "a.yaml:1:5");
  EXPECT_EQ(root.find("k")->items[1].where.text(), "a.yaml:2:10");
}

TEST(Yaml, EmptyTextIsNull) {
  EXPECT_TRUE(parse("").is_null());
  EXPECT_TRUE(parse("# only a comment\n").is_null());
}

TEST(Yaml, ByteOrderMarkAndCarriageReturnsAreNoMatter) {
  const Node root = parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n");
  EXPECT_EQ(root.find("a")->text, "1");
  EXPECT_EQ(root.find("b")->text, "2");
  EXPECT_EQ(root.find("b")->where.text(), "a.yaml:2:4");
}

TEST(Yaml, AnchorsWorkInsideAFile) {
  const Node root = parse("x-a: &a {u: 1}\nb: *a\nc: [*a, *a]\n");
  EXPECT_EQ(root.find("b")->find("u")->text, "1");
  EXPECT_EQ(root.find("c")->items[1].find("u")->where.line, 1U);
}

TEST(Yaml, HugeFilesAreRefused) {
  Diagnostics diagnostics;
  const auto source =
      std::make_shared<const SourceText>("a", std::string(kMaxConfigBytes + 1, '#'));
  EXPECT_FALSE(parse_yaml(source, diagnostics));
  EXPECT_EQ(diagnostics.entries().front().code, "E0114");
}

TEST(Yaml, AnchorsInsideAnchorsAreBounded) {
  std::string text = "x: ";
  for (int i = 0; i < 60; ++i) text += "[&a" + std::to_string(i) + " ";
  text += "[";
  for (int i = 0; i < 20000; ++i) text += "x,";
  text += "]";
  for (int i = 0; i < 60; ++i) text += "]";
  Diagnostics diagnostics;
  EXPECT_FALSE(parse_yaml(std::make_shared<const SourceText>("a", text), diagnostics));
  EXPECT_EQ(diagnostics.entries().front().code, "E0114");
}

// The byte of the value that holds `mark` is found where `mark` stands in the file.
struct LocateCase {
  const char* name;
  const char* yaml;
  const char* mark;
};

class Locate : public testing::TestWithParam<LocateCase> {};

TEST_P(Locate, PointsIntoTheFile) {
  const std::string text = GetParam().yaml;
  const std::string mark = GetParam().mark;
  const Node root = parse(text);
  const Node& value = root.entries.at(0).value;
  const std::size_t in_value = value.text.find(mark);
  ASSERT_NE(in_value, std::string::npos) << value.text;
  const std::size_t in_file = text.find(mark);
  const Location expected = Location::of(value.where.source, in_file, in_file + mark.size());
  const Location actual = locate(value, in_value, mark.size());
  EXPECT_EQ(actual.line, expected.line);
  EXPECT_EQ(actual.column, expected.column);
  EXPECT_EQ(actual.length, expected.length);
}

INSTANTIATE_TEST_SUITE_P(
    Styles, Locate,
    testing::Values(
        LocateCase{"plain", "a: level == debug and here\n", "here"},
        LocateCase{"plain_folded", "a: one two\n   three here\n", "here"},
        LocateCase{"plain_blank_line", "a: one\n\n\n   here\n", "here"},
        LocateCase{"single", "a: 'level == \"x\" and here'\n", "here"},
        LocateCase{"single_quotes_inside", "a: 'it''s ''q'' here'\n", "here"},
        LocateCase{"single_folded", "a: 'one   \n   two\n\n  here'\n", "here"},
        LocateCase{"double_escapes", "a: \"\\t\\\"x\\\" \\u00e4 \\x41 here\"\n", "here"},
        LocateCase{"double_continued", "a: \"one \\\n    two here\"\n", "here"},
        LocateCase{"double_folded", "a: \"one\n\n\n  here\"\n", "here"},
        LocateCase{"non_ascii", "a: 'äöü → here'\n", "here"},
        LocateCase{"literal", "a: |\n  one\n    two\n\n  here\n", "here"},
        LocateCase{"literal_strip", "a: |-\n    one\n    here", "here"},
        LocateCase{"literal_keep", "a: |+\n  here\n\n\nb: 1\n", "here"},
        LocateCase{"literal_indicator", "a: |2\n    two more\n  here\n", "here"},
        LocateCase{"literal_crlf", "a: |\r\n  one\r\n  here\r\n", "here"},
        LocateCase{"literal_comment", "a: | # why\n  here\n", "here"},
        LocateCase{"folded", "a: >\n  one\n  two\n  here\n", "here"},
        LocateCase{"folded_strip", "a: >-\n  level == \"a\" and\n  here\nb: 1\n", "here"},
        LocateCase{"folded_more_indented", "a: >-\n  one\n    code\n    code\n  two\n\n  here\n",
                   "here"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(LocateBeyond, TheEndIsBehindTheLastCharacter) {
  const Node root = parse("a: 'level =='\n");
  const Location where = locate(root.entries[0].value, 8, 1);
  EXPECT_EQ(where.column, 13U);
}

TEST(LocateChanged, TextThatWasReplacedGivesTheWholeValue) {
  Node value = parse("a: 'level'\n").entries[0].value;
  value.text = "other text";
  EXPECT_EQ(locate(value, 3, 1).column, value.where.column);
}

TEST(Path, StepsAreKeysAndPlaces) {
  const Node root = parse("a: {b: [x, {c.d: y}]}\n");
  EXPECT_EQ(find_path(root, "a.b[0]")->text, "x");
  EXPECT_EQ(find_path(root, "a.b[1][\"c.d\"]")->text, "y");
  for (const char* wrong : {"", "a..b", ".a", "a[", "a[x]", "a.b[9]", "a.", "a[0]b", "z"}) {
    EXPECT_EQ(find_path(root, wrong), nullptr) << wrong;
  }
}

}  // namespace
}  // namespace pipeline
