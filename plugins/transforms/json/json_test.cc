#include <gtest/gtest.h>

#include <random>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::json {

void register_plugin(pipeline::Registry& registry);

namespace {

using testkit::Rig;

TEST(JsonTransform, TakesWhatSomebodyReadsAndNothingElse) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("json")) << rig.errors();
  rig.read({"level", "user.id", "tags[1]", "$stream"});
  const auto batch = rig.run({R"({"level":"info","user":{"id":9007199254740993},"tags":["a","b"]})",
                              R"({"user.id":"x","level":null,"$stream":"forged"})"});
  EXPECT_EQ(rig.field(*batch, "level", 0), "string:info");
  EXPECT_EQ(rig.field(*batch, "user.id", 0), "number:9007199254740993");
  EXPECT_EQ(rig.field(*batch, "tags[1]", 0), "string:b");
  EXPECT_EQ(rig.field(*batch, "level", 1), "null:");
  EXPECT_EQ(rig.field(*batch, "user.id", 1), "string:x");
  EXPECT_EQ(rig.field(*batch, "$stream", 1), "");
  EXPECT_TRUE(batch->unplanned().empty());
}

TEST(JsonTransform, WhatDoesNotParseIsCountedMarkedAndPassedOrDropped) {
  const std::vector<std::string> lines = {R"({"a":1})", "plain", R"({"a":1)", R"({"a":2} x)"};
  for (const bool drop : {false, true}) {
    Rig rig({register_plugin});
    ASSERT_TRUE(rig.add(drop ? "json: {on_error: drop}" : "json")) << rig.errors();
    rig.read({"a", "$error"});
    const auto batch = rig.run(lines);
    EXPECT_EQ(Rig::live(*batch), drop ? "1000" : "1111");
    EXPECT_EQ(rig.metric("sluice_parse_errors_total"), 3);
    EXPECT_EQ(rig.field(*batch, "$error", 0), "");
    EXPECT_EQ(rig.field(*batch, "$error", 1), "string:json: not an object");
    EXPECT_EQ(rig.field(*batch, "a", 2), "");
  }
}

TEST(JsonTransform, DroppingDoesNotDependOnWhatIsRead) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("json: {on_error: drop}")) << rig.errors();
  EXPECT_EQ(Rig::live(*rig.run({R"({"a":1})", "plain", R"({"a":[)"})), "100");
}

TEST(JsonTransform, NothingIsParsedWhenNothingIsRead) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("json")) << rig.errors();
  rig.run({"plain"});
  EXPECT_EQ(rig.metric("sluice_parse_errors_total"), 0);
}

TEST(JsonTransform, StrictLooksAtTheWholeLine) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("json: {strict: true, on_error: drop}")) << rig.errors();
  rig.read({"a"});
  EXPECT_EQ(Rig::live(*rig.run({R"({"a":1,"b":[1,2]})", R"({"a":1,"b":[1,,2]})"})), "10");
}

TEST(JsonTransform, ParsesAFieldAndNestsBelowAPrefix) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("json")) << rig.errors();
  ASSERT_TRUE(rig.add("json: {field: payload, prefix: app}")) << rig.errors();
  rig.read({"app.msg", "app.user.id", "msg"});
  const auto batch =
      rig.run({R"({"payload":"{\"msg\":\"in\",\"user\":{\"id\":7}}","msg":"out"})",
               R"({"msg":"no payload"})", R"({"payload":{"msg":"object"}})", R"({"payload":"x"})"});
  EXPECT_EQ(rig.field(*batch, "app.msg", 0), "string:in");
  EXPECT_EQ(rig.field(*batch, "app.user.id", 0), "number:7");
  EXPECT_EQ(rig.field(*batch, "msg", 0), "string:out");
  EXPECT_EQ(rig.field(*batch, "app.msg", 1), "");
  EXPECT_EQ(rig.field(*batch, "app.msg", 2), "string:object");
  EXPECT_EQ(rig.metric("sluice_parse_errors_total"), 1);
}

TEST(JsonTransform, EveryMemberBecomesAColumnWhenSomebodyWantsAll) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("json")) << rig.errors();
  rig.read({"a", "b.x"});
  rig.read_all();
  for (int round = 0; round < 2; ++round) {
    const auto batch = rig.run(
        {R"({"a":1,"c":"x","b":{"x":true},"c":"second"})", R"({"d":[1],"c":"y"})", "plain"});
    EXPECT_EQ(rig.field(*batch, "a", 0), "number:1");
    EXPECT_EQ(rig.field(*batch, "b.x", 0), "boolean:true");
    EXPECT_EQ(rig.field(*batch, "b", 0), R"(json:{"x":true})");
    EXPECT_EQ(rig.field(*batch, "c", 0), "string:x");
    EXPECT_EQ(rig.field(*batch, "c", 1), "string:y");
    EXPECT_EQ(rig.field(*batch, "d", 0), "");
    EXPECT_EQ(rig.field(*batch, "d", 1), "json:[1]");
    EXPECT_EQ(rig.field(*batch, "c", 2), "");
    ASSERT_EQ(batch->unplanned().size(), 3u);
  }
}

TEST(JsonTransform, KeysMadeOfDataAreBounded) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("json")) << rig.errors();
  rig.read_all();
  std::vector<std::string> lines;
  for (int i = 0; i < 1000; ++i) lines.push_back("{\"k" + std::to_string(i) + "\":\"v\\n\"}");
  const auto batch = rig.run(lines);
  EXPECT_LE(batch->unplanned().size(), 513u);
  EXPECT_EQ(rig.field(*batch, "k0", 0), "string:v\n");
  EXPECT_EQ(rig.field(*batch, "$rest", 999), R"(json:{"k999":"v\n"})");
}

TEST(JsonTransform, ProjectionNeverChangesAValue) {
  std::mt19937_64 random(5);
  const std::vector<std::string> names = {"a", "b", "a.b", "c", "c[0]", "d.e.f", "msg"};
  std::vector<std::string> lines;
  for (int i = 0; i < 50; ++i) {
    std::string line = "{";
    for (const char* member :
         {R"("a":1)", R"("b":"x\u00e9")", R"("a":{"b":2})", R"("a.b":3)", R"("c":[null,1])",
          R"("d":{"e":{"f":"g"}})", R"("msg":"a\"b")", R"("d.e.f":0)"}) {
      if (random() % 2 == 0) continue;
      if (line.size() > 1) line += ',';
      line += member;
    }
    lines.push_back(line + "}");
  }
  Rig full({register_plugin});
  ASSERT_TRUE(full.add("json"));
  for (const std::string& name : names) full.plan.read(name);
  full.read_all();
  const auto expected = full.run(lines);
  for (unsigned subset = 0; subset < (1u << names.size()); ++subset) {
    Rig rig({register_plugin});
    ASSERT_TRUE(rig.add("json"));
    for (std::size_t i = 0; i < names.size(); ++i)
      if ((subset >> i & 1) != 0) rig.plan.read(names[i]);
    const auto batch = rig.run(lines);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if ((subset >> i & 1) == 0) continue;
      for (std::size_t row = 0; row < lines.size(); ++row)
        ASSERT_EQ(rig.field(*batch, names[i], row), full.field(*expected, names[i], row))
            << names[i] << " in " << lines[row];
    }
  }
}

TEST(JsonTransform, WrongOptionsAreRefused) {
  Rig rig({register_plugin});
  for (const char* yaml : {"json: {prefix: $x}", "json: {prefix: 'a..b'}", "json: {on_error: fail}",
                           "json: {fields: x}", "json: {field: '$nope['}"}) {
    EXPECT_FALSE(rig.add(yaml)) << yaml;
  }
}

}  // namespace
}  // namespace plugins::transforms::json
