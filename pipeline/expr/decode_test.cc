#include "pipeline/expr/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/config/yaml.h"

namespace pipeline {
namespace {

struct Read {
  SystemFileSystem files;
  Diagnostics diagnostics;
  Substitution substitution{[](const std::string& name) -> std::optional<std::string> {
                              if (name == "APP") return "shop";
                              if (name == "FIELD") return "level";
                              return std::nullopt;
                            },
                            files};
  Node root;

  // Decodes the value of the key `x`.
  template <class T>
  bool operator()(std::string_view yaml, T& out) {
    const auto source = std::make_shared<const SourceText>("a.yaml", std::string(yaml));
    auto parsed = parse_yaml(source, diagnostics);
    if (!parsed) return false;
    root = std::move(*parsed);
    const Node* value = root.find("x");
    DecodeContext context(diagnostics, substitution);
    return Decode<T>::decode(*value, out, context);
  }
  const Diagnostic& only() const {
    EXPECT_EQ(diagnostics.entries().size(), 1u) << diagnostics.to_text();
    return diagnostics.entries().front();
  }
};

TEST(DecodeExpression, ErrorsPointIntoTheYamlValue) {
  const struct {
    const char* yaml;
    std::uint32_t line, column, length;
  } cases[] = {
      {"x: 'level = \"error\"'\n", 1, 11, 1},
      {"x: level = 5\n", 1, 10, 1},
      {"x: \"level = \\\"error\\\"\"\n", 1, 11, 1},
      {"x: >-\n  level == \"a\" and\n  app = \"b\"\n", 3, 7, 1},
      {"x: |\n  level == \"a\"\n  and zap(b)\n", 3, 7, 3},
  };
  for (const auto& c : cases) {
    Read read;
    Condition condition;
    EXPECT_FALSE(read(c.yaml, condition)) << c.yaml;
    const Diagnostic& only = read.only();
    EXPECT_EQ(only.where.line, c.line) << read.diagnostics.to_text();
    EXPECT_EQ(only.where.column, c.column) << read.diagnostics.to_text();
    EXPECT_EQ(only.where.length, c.length) << read.diagnostics.to_text();
    EXPECT_FALSE(only.hints.empty());
  }
}

TEST(DecodeExpression, NothingIsSubstituted) {
  Read read;
  Condition condition;
  ASSERT_TRUE(read("x: 'app == \"${APP}\"'\n", condition)) << read.diagnostics.to_text();
  EXPECT_EQ(condition.text(), "app == \"${APP}\"");
}

TEST(DecodeExpression, BooleansAreExpressions) {
  Read read;
  Condition condition;
  ASSERT_TRUE(read("x: true\n", condition));
  EXPECT_TRUE(condition.is_constant());
}

TEST(DecodeText, TheEnvironmentIsReplacedFirst) {
  Read read;
  Text text;
  ASSERT_TRUE(read("x: \"${APP}-{level}\"\n", text)) << read.diagnostics.to_text();
  EXPECT_EQ(text.literal_prefix(), "shop-");
  EXPECT_FALSE(text.is_constant());
  EXPECT_FALSE(Read()("x: '{level'\n", text));
  EXPECT_FALSE(Read()("x: [a]\n", text));
}

TEST(DecodeFieldName, IsABareName) {
  Read read;
  FieldName field;
  ASSERT_TRUE(read("x: $k8s.labels[\"a/b\"]\n", field)) << read.diagnostics.to_text();
  EXPECT_EQ(field.name(), "$k8s.labels[\"a/b\"]");
  Read wrong;
  EXPECT_FALSE(wrong("x: 'a..b'\n", field));
  EXPECT_EQ(wrong.only().where.column, 6u);
  EXPECT_EQ(field.name(), "$k8s.labels[\"a/b\"]");  // keeps what it had
}

TEST(DecodeLabels, MapsAndLists) {
  Read read;
  LabelSpec spec;
  ASSERT_TRUE(read("x: {env: prod, app: \"${APP}\", level: \"{level}\"}\n", spec))
      << read.diagnostics.to_text();
  ASSERT_EQ(spec.entries().size(), 3u);
  EXPECT_EQ(spec.find("app")->text.constant(), "shop");
  EXPECT_EQ(spec.find("level")->where.column, 38u);
  EXPECT_TRUE(read.diagnostics.empty()) << read.diagnostics.to_text();

  Read list;
  ASSERT_TRUE(list("x: [level, $k8s.namespace]\n", spec)) << list.diagnostics.to_text();
  EXPECT_EQ(spec.entries()[1].label, "namespace");
}

TEST(DecodeLabels, ConstantTextThatLooksLikeAFieldIsAWarning) {
  Read read;
  LabelSpec spec;
  EXPECT_TRUE(read("x: {level: level}\n", spec));
  EXPECT_EQ(read.only().code, "W-constant-label");
  EXPECT_EQ(read.only().kind, DiagnosticKind::warning);
  EXPECT_THAT(read.only().hints.front(),
              testing::HasSubstr("constant text; the field is `\"{level}\"` or `[level]`"));
}

TEST(DecodeLabels, EveryMistakeIsReported) {
  Read read;
  LabelSpec spec;
  EXPECT_FALSE(read("x: {a-b: c, d: '{', e: , ok: fine}\n", spec));
  std::vector<std::string> codes;
  for (const Diagnostic& entry : read.diagnostics.entries()) codes.push_back(entry.code);
  EXPECT_THAT(codes, testing::ElementsAre("E0311", "E0310", "E0310")) << read.diagnostics.to_text();
  EXPECT_TRUE(spec.empty());

  Read list;
  EXPECT_FALSE(list("x: [level, http.level, 'a b']\n", spec));
  EXPECT_EQ(list.diagnostics.error_count(), 2u) << list.diagnostics.to_text();
  Read scalar;
  EXPECT_FALSE(scalar("x: level\n", spec));
  EXPECT_THAT(scalar.only().hints.back(), testing::HasSubstr("[level]"));
}

}  // namespace
}  // namespace pipeline
