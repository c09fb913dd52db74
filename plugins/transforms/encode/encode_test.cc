#include <gtest/gtest.h>

#include "pipeline/codec/json.h"
#include "plugins/transforms/encode/patch.h"
#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::encode {

void register_plugin(pipeline::Registry& registry);

namespace {

using pipeline::Value;
using pipeline::ValueType;
using testkit::Rig;

// What the json transform does, without seeing it: columns out of the line.
void parse(Rig& rig, pipeline::LogBatch& batch) {
  std::vector<pipeline::JsonPath> paths;
  std::vector<pipeline::FieldSlot> slots;
  for (pipeline::FieldSlot slot = 0; slot < rig.plan.size(); ++slot) {
    const auto path = pipeline::split_path(rig.plan.name(slot));
    if (path.reserved) continue;
    pipeline::JsonPath steps;
    for (const auto& step : path.steps)
      steps.push_back({.key = step.key, .index = step.index, .is_index = step.is_index});
    paths.push_back(steps);
    slots.push_back(slot);
  }
  pipeline::JsonExtractor extractor(paths, pipeline::JsonCheck::structure);
  std::vector<Value> values(paths.size());
  std::vector<pipeline::JsonMember> members;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    if (extractor.extract_all(batch.body[row], values, members, batch.frame.arena) !=
        pipeline::JsonFault::none) {
      batch.field_for_write(rig.plan.find("$error"))[row] = Value::string("json: broken");
      continue;
    }
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!values[i].is_missing()) batch.field_for_write(slots[i])[row] = values[i];
    for (const auto& member : members) {
      if (rig.plan.find(member.key) != pipeline::kNoField) continue;
      Value& at = batch.unplanned_for_write(member.key)[row];
      if (at.is_missing()) at = member.value;
    }
    batch.field_for_write(rig.plan.find("$parsed"))[row] = {ValueType::boolean, "true"};
  }
}

struct Change {
  const char* field;
  Value value;  // missing: removed
};

std::string encoded(const char* format, const std::string& line,
                    const std::vector<Change>& changes) {
  Rig rig({register_plugin});
  EXPECT_TRUE(rig.add(std::string("encode: ") + format)) << rig.errors();
  EXPECT_TRUE(rig.usage().encodes_body);
  for (const Change& change : changes) rig.plan.write(change.field);
  auto batch = rig.batch({R"({"zzz":1,"aaa":2})", line});
  parse(rig, *batch);
  for (const Change& change : changes)
    batch->field_for_write(rig.plan.find(change.field))[1] = change.value;
  rig.apply(*batch);
  return std::string(batch->body[1]);
}

TEST(Encode, WritesJsonWithItsChanges) {
  const struct {
    const char* line;
    std::vector<Change> changes;
    const char* after;
  } cases[] = {
      {R"({ "b" : 1 , "a":"x\u00e9\"", "n":null, "o":{ "k" : [1, 2] } })",
       {},
       R"({"b":1,"a":"xé\"","n":null,"o":{ "k" : [1, 2] }})"},
      {R"({"b":1,"a":2})",
       {{"b", Value::string("2")}, {"new", Value::number("3")}},
       R"({"b":"2","a":2,"new":3})"},
      {R"({"b":1,"a":2})", {{"b", Value()}}, R"({"a":2})"},
      {R"({"b":1,"b":2})", {{"b", Value()}}, R"({})"},
      {R"({"b":1,"b":2})", {}, R"({"b":1})"},
      {R"({"u":{"id":1,"mail":"a@b.c"},"x":1})",
       {{"u.mail", Value::string("***")}},
       R"({"u":{"id":1,"mail":"***"},"x":1})"},
      {R"({"u":{"id":1,"mail":"a@b.c"},"x":1})", {{"u.mail", Value()}}, R"({"u":{"id":1},"x":1})"},
      {R"({"u":{"id":1,"mail":"a@b.c"}})", {{"u.mail", Value()}, {"u.id", Value()}}, R"({"u":{}})"},
      {R"({"u":{"id":1,"mail":"a@b.c"}})", {{"u", Value()}, {"u.mail", Value()}}, R"({})"},
      {R"({"x":1})", {{"u.mail", Value::string("new")}}, R"({"x":1,"u":{"mail":"new"}})"},
      {R"({"x":1})",
       {{"u.a", Value::number("1")}, {"u.b", Value::number("2")}},
       R"({"x":1,"u":{"a":1,"b":2}})"},
      {R"({"u":"text"})", {{"u.mail", Value::string("new")}}, R"({"u":"text","u.mail":"new"})"},
      {R"({"u.mail":"a@b.c"})", {{"u.mail", Value::string("***")}}, R"({"u.mail":"***"})"},
      {R"({"u.mail":"a@b.c"})", {{"u.mail", Value()}}, R"({})"},
      {R"({"l":["s",{"k":"s"}]})", {{"l[0]", Value()}}, R"({"l":[null,{"k":"s"}]})"},
      {R"({"l":["s",{"k":"s"}]})", {{"l[1].k", Value::string("*")}}, R"({"l":["s",{"k":"*"}]})"},
      {R"({"l":["s"]})", {{"l[3]", Value::string("*")}}, R"({"l":["s"],"l[3]":"*"})"},
      {"plain text", {{"env", Value::string("prod")}}, "plain text"},
      {R"({"cut":)", {}, R"({"cut":)"},
  };
  for (const auto& c : cases) EXPECT_EQ(encoded("json", c.line, c.changes), c.after) << c.line;
}

TEST(Encode, WritesLogfmt) {
  EXPECT_EQ(
      encoded("logfmt", R"({"b":1,"m":"two words","q":"a=\"b\"","e":"","o":{"k":1},"n":null})",
              {{"odd key", Value::string("x")}}),
      R"(b=1 m="two words" q="a=\"b\"" e="" o="{\"k\":1}" n=null odd_key=x)");
}

TEST(Encode, ALineThatNobodyParsedKeepsItsMembers) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("encode: json"));
  rig.plan.write("env");
  rig.plan.write("u.mail");
  auto batch = rig.batch({R"({"a":1,"u":{"mail":"x"}})"});
  batch->field_for_write(rig.plan.find("env"))[0] = Value::string("prod");
  rig.apply(*batch);
  EXPECT_EQ(batch->body[0], R"({"a":1,"u":{"mail":"x"},"env":"prod"})");
}

// The bytes of a line do not depend on its neighbours in the batch.
TEST(Encode, IsAFunctionOfTheRecordAlone) {
  const std::string line = R"({"b":1,"a":{"x":1},"c":"s"})";
  std::vector<std::string> made;
  for (const std::vector<std::string>& before :
       {std::vector<std::string>{}, {R"({"c":1,"b":2,"a":3})"}, {R"({"z":1})", "plain"}}) {
    Rig rig({register_plugin});
    ASSERT_TRUE(rig.add("encode"));
    std::vector<std::string> lines = before;
    lines.push_back(line);
    auto batch = rig.batch(lines);
    parse(rig, *batch);
    batch->unplanned_for_write("y")[before.size()] = Value::number("1");
    batch->unplanned_for_write("k")[before.size()] = Value::number("2");
    rig.apply(*batch);
    made.emplace_back(batch->body[before.size()]);
  }
  EXPECT_EQ(made[0], R"({"b":1,"a":{"x":1},"c":"s","k":2,"y":1})");
  EXPECT_EQ(made[1], made[0]);
  EXPECT_EQ(made[2], made[0]);
}

}  // namespace
}  // namespace plugins::transforms::encode
