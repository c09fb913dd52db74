#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/expr/label_setter.h"
#include "pipeline/expr/label_spec.h"
#include "pipeline/expr/test_batch.h"

namespace pipeline {
namespace {

LabelSpec spec_of(std::initializer_list<std::pair<const char*, const char*>> entries) {
  LabelSpec spec;
  for (const auto& [label, text] : entries) EXPECT_TRUE(spec.add(label, *Text::compile(text)));
  return spec;
}

struct Labelled {
  FieldPlan plan;
  LabelSetter setter;
  LogBatch batch;

  Labelled(const LabelSpec& spec, LabelMode mode) : setter(spec, mode) {
    setter.bind(plan, "node-1");
  }
  std::vector<std::string> operator()(const std::vector<expr::Fields>& rows,
                                      std::vector<Label> base = {}) {
    expr::fill(batch, plan, rows);
    batch.label_sets = {LabelSet::make(std::move(base))};
    setter.apply(batch);
    std::vector<std::string> selectors;
    for (const std::uint32_t index : batch.labels)
      selectors.push_back(batch.label_sets[index]->selector());
    return selectors;
  }
};

TEST(LabelSpec, ListsNameLabelsByTheirLastPart) {
  LabelSpec spec;
  for (const char* name :
       {"level", "$k8s.namespace", R"($k8s.labels["app.kubernetes.io/name"])", "tags[0]"})
    EXPECT_TRUE(spec.add_name(name)) << name;
  std::vector<std::string> labels;
  for (const auto& entry : spec.entries()) labels.push_back(entry.label);
  EXPECT_THAT(labels,
              testing::ElementsAre("level", "namespace", "app_kubernetes_io_name", "tags_0"));

  const auto twice = spec.add_name("http.level");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().front().code, "E0312");
  EXPECT_FALSE(spec.add_name("a b"));
}

TEST(LabelSpec, MapsNeedLegalNames) {
  LabelSpec spec;
  EXPECT_TRUE(spec.add("app", Text::literal("x")));
  EXPECT_EQ(spec.add("app", Text::literal("y")).error().front().code, "E0312");
  const auto illegal = spec.add("app-name", Text::literal("y"));
  ASSERT_FALSE(illegal);
  EXPECT_EQ(illegal.error().front().code, "E0311");
  EXPECT_THAT(illegal.error().front().hint, testing::HasSubstr("app_name"));
  EXPECT_FALSE(spec.add("", Text::literal("y")));
}

TEST(LabelSpec, ConstantTextsThatLookLikeFields) {
  const LabelSpec spec = spec_of({{"level", "level"}, {"app", "service"}, {"x", "{x}"}});
  EXPECT_TRUE(LabelSpec::looks_like_field(spec.entries()[0]));
  EXPECT_FALSE(LabelSpec::looks_like_field(spec.entries()[1]));
  EXPECT_TRUE(LabelSpec::looks_like_field(spec.entries()[1], {"service"}));
  EXPECT_FALSE(LabelSpec::looks_like_field(spec.entries()[2], {"x"}));
}

TEST(LabelSetter, OverwritesOrFills) {
  const LabelSpec spec = spec_of({{"env", "prod"}, {"app", "{service}"}});
  const std::vector<expr::Fields> rows = {{{"service", Value::string("shop")}}, {}};
  const std::vector<Label> base = {{"app", "old"}, {"env", "dev"}, {"host", "h"}};
  EXPECT_THAT(Labelled(spec, LabelMode::overwrite)(rows, base),
              testing::ElementsAre(R"({app="shop", env="prod", host="h"})",
                                   R"({app="old", env="prod", host="h"})"));
  EXPECT_THAT(Labelled(spec, LabelMode::fill)(rows, base),
              testing::ElementsAre(R"({app="old", env="dev", host="h"})",
                                   R"({app="old", env="dev", host="h"})"));
  EXPECT_THAT(Labelled(spec, LabelMode::fill)(rows),
              testing::ElementsAre(R"({app="shop", env="prod"})", R"({env="prod"})"));
}

TEST(LabelSetter, MissingAndEmptyValuesSetNothing) {
  const LabelSpec spec = spec_of({{"a", "{x}"}, {"b", "{y|none}"}});
  Labelled run(spec, LabelMode::overwrite);
  EXPECT_THAT(run({{{"x", Value::string("")}},
                   {{"x", {ValueType::null, "null"}}},
                   {{"x", Value::number("5")}}}),
              testing::ElementsAre(R"({b="none"})", R"({b="none"})", R"({a="5", b="none"})"));
}

TEST(LabelSetter, ValuesBecomeValidUtf8) {
  const LabelSpec spec = spec_of({{"a", "{x}"}});
  Labelled run(spec, LabelMode::overwrite);
  EXPECT_THAT(run({{{"x", Value::string("a\xff\xc3z")}},
                   {{"x", Value::string("é€")}},
                   {{"x", Value::string("\xf0\x9f\x98")}}}),
              testing::ElementsAre("{a=\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"}", "{a=\"é€\"}",
                                   "{a=\"\xEF\xBF\xBD\"}"));
}

TEST(LabelSetter, EqualResultsAreOneSetAndOneEntryOfTheBatch) {
  const LabelSpec spec = spec_of({{"a", "{x}"}});
  Labelled run(spec, LabelMode::overwrite);
  std::vector<expr::Fields> rows;
  for (int i = 0; i < 300; ++i) rows.push_back({{"x", Value::string(i % 3 == 0 ? "one" : "two")}});
  for (int round = 0; round < 3; ++round) {
    run(rows);
    EXPECT_EQ(run.batch.label_sets.size(), 3u);  // the base and two
  }
  // Each run's base is an object of its own, of equal content.
  EXPECT_LE(run.setter.cached(), 6u);
}

TEST(LabelSetter, RowsThatAreNotLiveAreLeftAlone) {
  const LabelSpec spec = spec_of({{"a", "b"}});
  LabelSetter setter(spec, LabelMode::overwrite);
  FieldPlan plan;
  setter.bind(plan);
  LogBatch batch;
  expr::fill(batch, plan, {{}, {}});
  batch.frame.live.clear(0);
  setter.apply(batch);
  EXPECT_EQ(batch.label_sets[batch.labels[0]]->selector(), "{}");
  EXPECT_EQ(batch.label_sets[batch.labels[1]]->selector(), R"({a="b"})");
}

TEST(LabelSetter, ManyCombinationsAreForgottenAndStayRight) {
  const LabelSpec spec = spec_of({{"a", "{x}"}, {"b", "{y}"}});
  FieldPlan plan;
  LabelSetter setter(spec, LabelMode::overwrite);
  setter.bind(plan);
  LogBatch batch;
  const LabelSetRef base = LabelSet::empty();
  for (std::size_t round = 0; round < 5; ++round) {
    std::vector<std::string> texts;
    std::vector<expr::Fields> rows;
    texts.reserve(4000);
    for (std::size_t i = 0; i < 4000; ++i) {
      texts.push_back(std::to_string(round * 3000 + i) + "-a-longer-part-of-the-value");
      rows.push_back(
          {{"x", Value::string(texts.back())}, {"y", Value::string(i % 2 == 0 ? "even" : "odd")}});
    }
    expr::fill(batch, plan, rows);
    batch.label_sets = {base};
    setter.apply(batch);
    EXPECT_LE(setter.cached(), kMaxLabelCombinations);
    for (std::size_t i = 0; i < 4000; ++i) {
      const LabelSet& set = *batch.label_sets[batch.labels[i]];
      ASSERT_EQ(*set.find("a"), texts[i]);
      ASSERT_EQ(*set.find("b"), i % 2 == 0 ? "even" : "odd");
    }
  }
}

}  // namespace
}  // namespace pipeline
