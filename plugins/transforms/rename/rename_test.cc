#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::rename {

void register_plugin(pipeline::Registry& registry);

namespace {

using pipeline::Value;
using pipeline::ValueType;
using testkit::Rig;

TEST(Rename, MovesValuesInOrder) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("rename: {a: b, b: c}")) << rig.errors();
  auto batch = rig.batch({"0", "1", "2"});
  batch->field_for_write(rig.plan.find("a"))[0] = Value::number("1");
  batch->field_for_write(rig.plan.find("b"))[1] = Value::string("x");
  rig.apply(*batch);
  EXPECT_EQ(rig.field(*batch, "a", 0), "");
  EXPECT_EQ(rig.field(*batch, "b", 0), "");
  EXPECT_EQ(rig.field(*batch, "c", 0), "number:1");
  EXPECT_EQ(rig.field(*batch, "c", 1), "string:x");
  EXPECT_EQ(rig.field(*batch, "c", 2), "");
}

TEST(Rename, WhatIsBelowMovesAlong) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("rename: {user: account}")) << rig.errors();
  rig.read({"user.id", "account.id", "account.name"});
  auto batch = rig.batch({"0", "1"});
  batch->field_for_write(rig.plan.find("user"))[0] = {ValueType::json, R"({"id":7})"};
  batch->field_for_write(rig.plan.find("user.id"))[0] = Value::number("7");
  rig.apply(*batch);
  EXPECT_EQ(rig.field(*batch, "user.id", 0), "");
  EXPECT_EQ(rig.field(*batch, "account", 0), R"(json:{"id":7})");
  EXPECT_EQ(rig.field(*batch, "account.id", 0), "number:7");
  EXPECT_EQ(rig.field(*batch, "account.name", 0), "");
}

TEST(Rename, OnlyFieldsCanBeRenamed) {
  for (const char* yaml : {"rename: {$label.a: b}", "rename: {a: $meta.b}", "rename: {a: }",
                           "rename", "rename: {'a..b': c}"}) {
    Rig rig({register_plugin});
    EXPECT_FALSE(rig.add(yaml)) << yaml;
  }
}

}  // namespace
}  // namespace plugins::transforms::rename
