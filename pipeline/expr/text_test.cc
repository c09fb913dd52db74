#include "pipeline/expr/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/expr/test_batch.h"

namespace pipeline {
namespace {

// "(missing)" for a missing text.
std::string render(std::string_view source) {
  auto text = Text::compile(source);
  if (!text) return "error: " + text.error().front().message;
  FieldPlan plan;
  text->bind(plan, "node-1");
  LogBatch batch;
  expr::fill(batch, plan,
             {{{"level", Value::string("info")},
               {"status", Value::number("2.50e2")},
               {"ok", {ValueType::boolean, "true"}},
               {"user", {ValueType::json, R"({"id": 7})"}},
               {"nothing", {ValueType::null, "null"}},
               {"empty", Value::string("")},
               {R"(a["x|y}"])", Value::string("odd")}}},
             {{"file.path", "/var/log/x"}});
  batch.body[0] = "the line";
  batch.time[0] = 1767323045678000000;
  batch.tenant = {"acme"};
  Arena arena;
  text->start(batch);
  const std::string_view rendered = text->render(0, arena);
  return rendered.data() == nullptr ? "(missing)" : std::string(rendered);
}

TEST(Text, Renders) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"prod", "prod"},
      {"{level}", "info"},
      {"{ level }", "info"},
      {"a {level} b {status}", "a info b 2.50e2"},
      {"{ok}{user}", R"(true{"id": 7})"},
      {"{gone}", "(missing)"},
      {"x {gone} y", "(missing)"},
      {"{nothing}", "(missing)"},
      {"{gone|none}", "none"},
      {"{gone|}", ""},
      {"{nothing|none}", "none"},
      {"{empty|none}", "none"},
      {"{empty}", ""},
      {"x{empty}y", "xy"},
      {"{level|none}", "info"},
      {"{gone|a b:c}", "a b:c"},
      {"{{level}", "{level}"},
      {"{{}}", "{}"},
      {"{{{level}}}", "{info}"},
      {"a}b", "a}b"},
      {R"({{"level": "{level}"})", R"({"level": "info"})"},
      {R"({a["x|y}"]})", "odd"},
      {R"({a["gone"]|none})", "none"},
      {"{$body}", "the line"},
      {"{$file.path}", "/var/log/x"},
      {"{$host.name}", "node-1"},
      {"/archive/{$tenant|none}/x", "/archive/acme/x"},
      {"{$time}", "2026-01-02T03:04:05.678Z"},
      {"{$signal}", "logs"},
      {"{$stream|stdout}", "stdout"},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(render(source), expected) << source;
}

TEST(Text, KnowsWhatIsAlwaysSet) {
  const std::pair<const char*, bool> cases[] = {
      {"prod", true},      {"", false},
      {"{level}", false},  {"{level|none}", true},
      {"{level|}", false}, {"x{level|}", true},
      {"x{level}", false}, {"{$host.name}", true},
      {"{$source}", true}, {"{$file.path}", false},
      {"{a|x}{b}", false}, {"{a|x}{b|}", true},
  };
  for (const auto& [source, expected] : cases)
    EXPECT_EQ(Text::compile(source)->always_set(), expected) << source;
}

TEST(Text, ConstantsAndPrefixes) {
  EXPECT_TRUE(Text::compile("a{{b")->is_constant());
  EXPECT_EQ(Text::compile("a{{b")->constant(), "a{b");
  EXPECT_FALSE(Text::compile("{a}")->is_constant());
  EXPECT_EQ(Text::compile("/x/{a}/y")->literal_prefix(), "/x/");
  EXPECT_EQ(Text::compile("{a}/y")->literal_prefix(), "");
  EXPECT_EQ(Text::literal("{a}").constant(), "{a}");

  auto folded = *Text::compile("host-{$host.name}-x");
  folded.fold_host_name("n1");
  EXPECT_TRUE(folded.is_constant());
  EXPECT_EQ(folded.constant(), "host-n1-x");
}

TEST(Text, SaysWhatItReads) {
  const auto text = Text::compile("x {a[\"b\"]} {$label.app|y}");
  ASSERT_EQ(text->mentions().size(), 2u);
  EXPECT_EQ(text->mentions()[0].name, "a.b");
  EXPECT_EQ(text->mentions()[0].offset, 3u);
  EXPECT_EQ(text->mentions()[0].length, 6u);
  EXPECT_EQ(text->mentions()[1].name, "$label.app");
}

}  // namespace
}  // namespace pipeline
