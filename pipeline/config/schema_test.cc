#include "pipeline/config/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "pipeline/config/fake_files.h"
#include "pipeline/config/test_components.h"
#include "pipeline/config/yaml.h"

namespace pipeline {
namespace {

using namespace test;

// Decodes YAML as a component with these reserved keys.
template <class Config>
struct Decoded {
  FakeFiles files;  // outlives the secrets of `config`
  Config config;
  bool ok = false;
  Diagnostics diagnostics;
  std::vector<Substitution::Unset> unset;

  Decoded(const Schema<Config>& schema, const std::string& yaml, bool static_mode = false,
          std::vector<std::string> reserved = {"type", "when", "name"}) {
    files.put("/run/token", "hush\n");
    Substitution substitution(
        [](const std::string& name) -> std::optional<std::string> {
          if (name == "DEPTH") return "12";
          if (name == "LIST") return "[a, b]";
          return std::nullopt;
        },
        files);
    substitution.set_static_mode(static_mode);
    DecodeContext context(diagnostics, substitution);
    const auto node = parse_yaml(std::make_shared<const SourceText>("a.yaml", yaml), diagnostics);
    if (!node) return;
    const auto scope = context.component("it", std::move(reserved), node->where, schema.name());
    ok = schema.decode(*node, config, context);
    unset = substitution.unset();
    opened = files.opened;
  }
  int opened = 0;
};

TEST(Schema, ReadsEveryType) {
  Decoded read(file_schema(),
               "type: file\ninclude: [/a, /b]\nstart_at: end\nignore_older: 1h30m\nmax_line: "
               "2MiB\nfollow: false\n"
               "depth: 3\nport: 514\nfactor: 2.25\nmemory: 8MiB\nlabels: {b: 1, a: x}\nsteps: "
               "[{age: 2h}, {size: 1MiB}]\n");
  ASSERT_TRUE(read.ok) << read.diagnostics.to_text();
  const FileConfig& config = read.config;
  EXPECT_THAT(config.include, testing::ElementsAre("/a", "/b"));
  EXPECT_EQ(config.start_at, StartAt::end);
  EXPECT_EQ(config.ignore_older, 90min);
  EXPECT_EQ(config.max_line, 2_MiB);
  EXPECT_FALSE(config.follow);
  EXPECT_EQ(config.depth, 3);
  EXPECT_EQ(config.port, 514);
  EXPECT_DOUBLE_EQ(config.factor, 2.25);
  EXPECT_EQ(config.memory.value, 8_MiB);
  EXPECT_EQ(config.labels.entries.front().first, "b");
  EXPECT_EQ(*config.labels.find("a"), "x");
  ASSERT_EQ(config.steps.size(), 2U);
  EXPECT_EQ(config.steps[0].age, 2h);
  EXPECT_EQ(config.steps[0].size, 64_MiB);
}

TEST(Schema, WhatIsNotWrittenKeepsItsDefault) {
  Decoded read(file_schema(), "include: [/a]\nmemory: auto\n");
  ASSERT_TRUE(read.ok) << read.diagnostics.to_text();
  EXPECT_EQ(read.config.ignore_older, 24h);
  EXPECT_TRUE(read.config.memory.is_auto());
}

TEST(Schema, TheEnvironmentGivesOneScalar) {
  Decoded read(file_schema(),
               "include: ['${LIST}']\ndepth: ${DEPTH}\nlabels: {regex: '${DEPTH}'}\n");
  ASSERT_TRUE(read.ok) << read.diagnostics.to_text();
  EXPECT_THAT(read.config.include, testing::ElementsAre("[a, b]"));
  EXPECT_EQ(read.config.depth, 12);
  EXPECT_EQ(*read.config.labels.find("regex"), "${DEPTH}");
}

TEST(Schema, AMainOptionMayStandAlone) {
  for (const char* yaml : {"10%", "0.1", "{ratio: 10%}", "{ratio: 10%, when: 'x', name: y}"}) {
    Decoded read(sample_schema(), yaml);
    EXPECT_TRUE(read.ok) << yaml << read.diagnostics.to_text();
    EXPECT_DOUBLE_EQ(read.config.ratio.value, 0.1) << yaml;
  }
  Decoded missing(sample_schema(), "{when: x}");
  EXPECT_EQ(missing.diagnostics.entries().front().code, "E0105");
}

TEST(Schema, AMainOptionThatIsAMapMayBeTheWholeMap) {
  Decoded whole(labels_schema(), "{app: x, strict: y, when: 'z'}");
  ASSERT_TRUE(whole.ok) << whole.diagnostics.to_text();
  EXPECT_EQ(whole.config.labels.size(), 2U);
  EXPECT_EQ(*whole.config.labels.find("strict"), "y");

  Decoded long_form(labels_schema(), "{labels: {app: x, when: w}, strict: true, when: 'z'}");
  ASSERT_TRUE(long_form.ok) << long_form.diagnostics.to_text();
  EXPECT_EQ(long_form.config.labels.size(), 2U);
  EXPECT_TRUE(long_form.config.strict);
}

TEST(Schema, NothingMeansAllDefaults) {
  Schema<Rotate> schema("rotate", "");
  describe_options(schema);
  for (const char* yaml : {"", "{}", "~"}) {
    Decoded read(schema, yaml);
    EXPECT_TRUE(read.ok) << yaml;
    EXPECT_EQ(read.config.age, 1h);
  }
}

TEST(Schema, StaticModeListsVariablesAndOpensNothing) {
  Decoded read(file_schema(),
               "include: ['/a/${HOST}']\ndepth: ${DEEP}\nstart_at: ${START}\nmax_line: "
               "${MAX}\nmemory: ${HOST}\n",
               true);
  EXPECT_TRUE(read.ok) << read.diagnostics.to_text();
  EXPECT_EQ(read.config.depth, 8);
  ASSERT_EQ(read.unset.size(), 4U);
  EXPECT_EQ(read.unset[0].name, "HOST");
  EXPECT_EQ(read.unset[0].where.text(), "a.yaml:1:15");

  Decoded sink(loki_schema(),
               "{url: '${URL}', compression: '${C}', auth: {bearer: '${file:/none}'}, tenant: "
               "'${file:/none}'}",
               true);
  EXPECT_TRUE(sink.ok) << sink.diagnostics.to_text();
  EXPECT_EQ(sink.config.url, "http://loki:3100");
  EXPECT_EQ(sink.opened, 0);
}

TEST(Schema, SecretsAreReadAndNeverPrinted) {
  Decoded read(loki_schema(),
               "{url: x, auth: {bearer: '${file:/run/token}'}, headers: {X-Key: abc}}");
  ASSERT_TRUE(read.ok) << read.diagnostics.to_text();
  EXPECT_EQ(read.config.auth.bearer->reveal(), "hush");
  EXPECT_TRUE(read.config.auth.bearer->is_file());
  EXPECT_EQ(read.config.headers.find("X-Key")->reveal(), "abc");
  EXPECT_EQ(print(*read.config.auth.bearer), "<secret>");
}

struct Shape {
  std::vector<std::string> fields;
  Node raw;
  Located<std::string> name;
  std::optional<int> count;
};

TEST(Schema, OneMayBeWrittenForAListWhereTheRuleSaysSo) {
  Schema<Shape> schema("shape", "");
  schema.field("fields", &Shape::fields, "", {.one_of = {"ts", "time"}, .single_or_list = true})
      .field("raw", &Shape::raw, "")
      .field("called", &Shape::name, "")
      .field("count", &Shape::count, "", {.min = 1});
  Decoded one(schema, "{fields: ts, raw: {a: [1]}, called: x, count: 3}");
  ASSERT_TRUE(one.ok) << one.diagnostics.to_text();
  EXPECT_THAT(one.config.fields, testing::ElementsAre("ts"));
  EXPECT_EQ(one.config.raw.find("a")->items.size(), 1U);
  EXPECT_EQ(one.config.name.where.column, 37U);
  EXPECT_EQ(one.config.count, 3);
  Decoded wrong(schema, "{fields: [ts, tme], count: 0}");
  EXPECT_EQ(wrong.diagnostics.error_count(), 2U);
}

TEST(Docs, TheTableHoldsEveryOption) {
  const std::string table = markdown_table(*loki_schema().view());
  EXPECT_THAT(table, testing::HasSubstr("| `url` | text | **required** | Where to send. |"));
  EXPECT_THAT(table,
              testing::HasSubstr(
                  "| `compression` | text: `snappy`, `gzip`, `none` | `snappy` | Of the body. |"));
  EXPECT_THAT(table,
              testing::HasSubstr(
                  "| `auth.basic.password` | secret | **required** | Proof. Never printed. |"));
  EXPECT_THAT(table,
              testing::HasSubstr("| `rotate.age` | duration, 1s to 24h | `1h` | Oldest file. |"));
  EXPECT_THAT(
      markdown_table(*file_schema().view()),
      testing::HasSubstr("| `steps[].size` | size, at least 1KiB | `64MiB` | Largest file. |"));
}

TEST(Docs, TheJsonSchemaIsJson) {
  for (const auto& view : {loki_schema().view(), file_schema().view(), labels_schema().view(),
                           sample_schema().view()}) {
    const std::string json = json_schema_document(*view, view->name);
    Diagnostics diagnostics;
    const auto node = parse_yaml(std::make_shared<const SourceText>("json", json), diagnostics);
    ASSERT_TRUE(node) << diagnostics.to_text() << json;
    EXPECT_EQ(node->find("title")->text, view->name);
  }
  const std::string json = json_schema(*loki_schema().view(), R"("type":{"const":"loki"})");
  EXPECT_THAT(json, testing::HasSubstr(R"("required":["url"])"));
  EXPECT_THAT(json, testing::HasSubstr(R"("type":{"const":"loki"},"url":)"));
}

TEST(Docs, OptionsAreFoundByPath) {
  const auto view = loki_schema().view();
  EXPECT_TRUE(find_option(*view, "auth.bearer")->is_secret());
  EXPECT_TRUE(find_option(*view, "headers.X-Key")->is_secret());
  EXPECT_FALSE(find_option(*view, "url")->is_secret());
  EXPECT_EQ(find_option(*view, "auth.none"), nullptr);
  EXPECT_EQ(find_option(*file_schema().view(), "steps[3].age")->name, "age");
}

}  // namespace
}  // namespace pipeline
