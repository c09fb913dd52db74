#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/expr/condition.h"
#include "pipeline/expr/text.h"

namespace pipeline {
namespace {

struct Case {
  std::string text;  // with the culprit between « and »
  std::string code;
  std::string message;  // a part of it
  std::string hint;     // a part of it
};

struct Marked {
  std::string text;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

Marked unmark(std::string_view text) {
  const std::string_view kOpen = "«";
  const std::string_view kClose = "»";
  const std::size_t open = text.find(kOpen);
  const std::size_t close = text.find(kClose);
  Marked marked;
  marked.text = std::string(text.substr(0, open)) +
                std::string(text.substr(open + kOpen.size(), close - open - kOpen.size())) +
                std::string(text.substr(close + kClose.size()));
  marked.offset = static_cast<std::uint32_t>(open);
  marked.length = static_cast<std::uint32_t>(close - open - kOpen.size());
  return marked;
}

std::string all(const Problems& problems) {
  std::string text;
  for (const Problem& p : problems)
    text += std::string(p.code) + "@" + std::to_string(p.offset) + "+" + std::to_string(p.length) +
            " " + p.message + " (" + p.hint + ")\n";
  return text;
}

template <class T>
void expect_problem(const Compiled<T>& compiled, const Case& c, const Marked& marked) {
  ASSERT_FALSE(compiled.has_value()) << c.text;
  const Problem& first = compiled.error().front();
  EXPECT_EQ(first.code, c.code) << c.text << "\n" << all(compiled.error());
  EXPECT_EQ(first.offset, marked.offset) << c.text << "\n" << all(compiled.error());
  EXPECT_EQ(first.length, marked.length) << c.text << "\n" << all(compiled.error());
  EXPECT_THAT(first.message, testing::HasSubstr(c.message)) << c.text;
  EXPECT_THAT(first.hint, testing::HasSubstr(c.hint)) << c.text;
  EXPECT_EQ(compiled.error().size(), 1u) << c.text << "\n" << all(compiled.error());
}

TEST(Problems, EveryMistakeHasItsPlaceAndAHint) {
  const std::vector<Case> cases = {
      // Syntax.
      {"«»", "E0301", "empty", "level == \"error\""},
      {"level ==«»", "E0301", "found the end", ""},
      {"level == \"a\" «level»", "E0301", "expected an operator", ""},
      {"«(»level == \"a\"", "E0301", "never closed", "add `)`"},
      {"level == \"a\"«)»", "E0301", "no `(`", ""},
      {"a == 1 «==» 1", "E0301", "expected an operator", "do not chain"},
      {"a < b «<» c", "E0301", "expected an operator", "a < b and b < c"},
      {"a == 1 and«»", "E0301", "found the end", ""},
      {"«and» a", "E0301", "expected a field", ""},
      {"a == «not» b", "E0301", "`not` cannot stand here", "not x == 1"},
      {"a not «b»", "E0301", "expected `in` after `not`", "not x == 1"},
      {"a in «\"x\"»", "E0301", "expected a list", "write [\"x\"]"},
      {"a in «[»\"x\"", "E0301", "the list has no end", "add `]`"},
      {"a in [\"x\" «\"y\"»]", "E0301", "expected `,`", ""},
      {"exists«(»a", "E0301", "the argument list has no end", "add `)`"},
      {"a == 1 «;» b", "E0301", "unexpected `;`", ""},
      {"a «contains» \"x\"", "E0301", "expected an operator", "contains(field, \"text\")"},
      {"a «startswith» \"x\"", "E0301", "expected an operator", "starts_with(field"},
      // Other languages.
      {"a == 1 «&&» b == 2", "E0302", "not an operator", "write `and`"},
      {"a == 1 «||» b == 2", "E0302", "not an operator", "write `or`"},
      {"«!»exists(a)", "E0302", "not an operator", "write `not`"},
      {"a «=» 1", "E0302", "not an operator", "write `==`"},
      {"a «===» 1", "E0302", "not an operator", "write `==`"},
      {"a «<>» 1", "E0302", "not an operator", "write `!=`"},
      {"a «~» \"x\"", "E0302", "not an operator", "write `=~`"},
      {"a == «'x'»", "E0302", "double quotes", "write \"x\""},
      {"a == 1 «AND» b == 2", "E0302", "not an operator", "write `and`"},
      {"«NOT» a == 1", "E0302", "not an operator", "write `not`"},
      {"a «IN» [1]", "E0302", "not an operator", "write `in`"},
      {"a «matches» \"x\"", "E0302", "not an operator", "write `=~`"},
      {"a in «(»1, 2)", "E0302", "lists stand in brackets", "in [\"a\", \"b\"]"},
      {"«.level» == \"x\"", "E0302", "no leading dot", "write `level`"},
      {"«{level}» == \"x\"", "E0302", "without braces", "write `level`"},
      {"«{{ level }}» == \"x\"", "E0302", "without braces", "write `level`"},
      {"level == «${LEVEL}»", "E0302", "nothing is substituted", ""},
      // Functions.
      {"«exist»(a)", "E0303", "no function `exist`", "exists"},
      {"«zap»(a)", "E0303", "no function `zap`", "functions: exists, lower"},
      {"«upper_case»(a) == \"X\"", "E0303", "no function", ""},
      {"«exists()»", "E0304", "does not take 0 arguments", "exists(field)"},
      {"«exists(a, b)»", "E0304", "does not take 2 arguments", "exists(field)"},
      {"exists(«\"a\"»)", "E0304", "takes a field's name", "exists(a)"},
      {"«contains(a)»", "E0304", "does not take 1 argument", "contains(field, \"text\")"},
      {"contains(a, «b»)", "E0304", "text in quotes", ""},
      {"contains(a, «5»)", "E0304", "text in quotes", "write \"5\""},
      {"starts_with(«\"a\"», \"b\")", "E0304", "first argument", "starts_with(field"},
      {"cidr(a, «10»)", "E0304", "networks in quotes", "10.0.0.0/8"},
      {"len(«5») > 1", "E0304", "takes a field", "len(field)"},
      {"$time < «now(5)»", "E0304", "now does not take", "now(-24h)"},
      {"«lower(a, b)» == \"x\"", "E0304", "does not take 2 arguments", "lower(field)"},
      // Types.
      {"«1 == 1»", "E0305", "two constants", ""},
      {"«\"a\" == \"a\"»", "E0305", "two constants", "fields stand without quotes"},
      {"a =~ «5»", "E0305", "pattern in quotes", "write \"5\""},
      {"a =~ «b»", "E0305", "pattern in quotes", ""},
      {"«5» =~ \"x\"", "E0305", "only the text of a field", ""},
      {"«len(a)» =~ \"x\"", "E0305", "only the text of a field", ""},
      {"len(a) == «\"x\"»", "E0305", "len(...) is a number", "len(field)"},
      {"len(a) > «5s»", "E0305", "len(...) is a number", ""},
      {"a «<» true", "E0305", "no order", "== or !="},
      {"«exists(a)» == true", "E0305", "already true or false", "alone"},
      {"a == «(b == 1)»", "E0305", "already true or false", ""},
      {"«len(a)»", "E0305", "neither true nor false", "compare it"},
      {"«\"a\"»", "E0305", "alone is no condition", "compare it"},
      {"a and «5»", "E0305", "alone is no condition", ""},
      {"$time > «5»", "E0305", "$time is a time", "now(-1h)"},
      {"«$time» =~ \"x\"", "E0305", "only the text", ""},
      {"a == «null»", "E0305", "no null", "not exists(x)"},
      {"«a in []»", "E0305", "empty list", ""},
      {"a in [«b»]", "E0305", "constants", "write \"b\""},
      {"«\"x\"» in [\"y\"]", "E0305", "a field stands before", "without quotes"},
      {"lower(a) == «\"Error\"»", "E0305", "never holds", "write \"error\""},
      // Patterns.
      {"a =~ \"«x(»\"", "E0306", "missing )", ""},
      {"a =~ \"«(?=»x)\"", "E0306", "pattern is wrong", "no look-around"},
      {"a =~ `[«z-a»]`", "E0306", "pattern is wrong", ""},
      // Literals.
      {"a == «\"x»", "E0307", "has no end", "closing"},
      {"a == \"«\\x»\"", "E0307", "no escape", "backquotes"},
      {"a == \"«\\u»12\"", "E0307", "no escape", ""},
      {"a > «10Mi»", "E0307", "no number, duration or size", "10MiB"},
      {"a > «5sec»", "E0307", "no number, duration or size", ""},
      {"a == «10.0.0.1»", "E0307", "no number", "cidr"},
      {"cidr(a, «\"10.0.0.0/33\"»)", "E0307", "no network", "10.0.0.0/8"},
      {"cidr(a, «\"x\"»)", "E0307", "no network", ""},
      {"$time > «\"yesterday\"»", "E0307", "no time", "now(-1h)"},
      // Names.
      {"a«.» == 1", "E0308", "no name follows the dot", ""},
      {"a«[x»] == 1", "E0308", "brackets hold", "a[0]"},
      {"«$label» == \"x\"", "E0308", "needs the name of a label", "$label.NAME"},
      {"«$body.x» == \"x\"", "E0308", "has no parts", ""},
      {"«$meta.a.b» == \"x\"", "E0308", "has no parts", "$meta[\"a.b\"]"},
  };
  for (const Case& c : cases) {
    const Marked marked = unmark(c.text);
    expect_problem(Condition::compile(marked.text), c, marked);
  }
}

TEST(Problems, AllAreReportedAtOnce) {
  const auto compiled = Condition::compile(R"(a = 1 && exist(b) || lower(c) == "X" and d =~ "(")");
  ASSERT_FALSE(compiled);
  std::vector<std::string_view> codes;
  for (const Problem& problem : compiled.error()) codes.push_back(problem.code);
  EXPECT_THAT(codes, testing::ElementsAre("E0302", "E0302", "E0303", "E0302", "E0305", "E0306"))
      << all(compiled.error());
}

TEST(Problems, SizeAndDepthAreBounded) {
  const std::string deep(1000, '(');
  auto compiled = Condition::compile(deep + "a" + std::string(1000, ')'));
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().front().code, "E0309");
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "not ";
  compiled = Condition::compile(nots + "a");
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().front().code, "E0309");
  compiled = Condition::compile("a == \"" + std::string(70'000, 'x') + "\"");
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().front().code, "E0309");
}

TEST(Problems, OfTexts) {
  const std::vector<Case> cases = {
      {"app «{»level", "E0310", "never closed", "{{"},
      {"app «{»level|none", "E0310", "never closed", "{{"},
      {"«{{ level }}»", "E0310", "literal brace", "write `{level}`"},
      {"«{{ .level }}»", "E0310", "literal brace", "write `{level}`"},
      {"x «${level}»", "E0310", "environment", "write `{level}`"},
      {"x «${1}»", "E0310", "environment", "$${{"},
      {"x {«}»", "E0310", "no name", "{name}"},
      {"{level «x»}", "E0310", "unexpected `x`", ""},
      {"{a|b«{»c}}", "E0310", "plain text", "nest"},
      {"{a«.»}", "E0310", "no name follows the dot", ""},
      {"{«$label»}", "E0308", "needs the name of a label", ""},
      {"{«1a»}", "E0310", "begins with a letter", ""},
  };
  for (const Case& c : cases) {
    Marked marked = unmark(c.text);
    if (c.text == "{«1a»}") marked.length = 1;
    expect_problem(Text::compile(marked.text), c, marked);
  }
  const auto several = Text::compile("{} and {a b} and {c");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().size(), 3u);
}

}  // namespace
}  // namespace pipeline
