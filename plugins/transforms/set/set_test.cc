#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::set {

void register_plugin(pipeline::Registry& registry);

namespace {

using pipeline::Value;
using testkit::Rig;

TEST(Set, GivesEveryKindOfTargetItsText) {
  Rig rig({register_plugin});
  ASSERT_TRUE(
      rig.add("set: {$body: '{msg}', env: prod, $tenant: '{team|shared}', "
              "$label.app: 'x-{env}', $meta.trace: '{trace}', $severity: warn}"))
      << rig.errors();
  EXPECT_TRUE(rig.usage().rewrites_body);
  EXPECT_EQ(rig.usage().labels.size(), 1u);
  auto batch = rig.batch({"line 0", "line 1", "line 2"});
  batch->frame.live.clear(2);
  batch->field_for_write(rig.plan.find("msg"))[0] = Value::string("hello");
  batch->field_for_write(rig.plan.find("team"))[1] = Value::string("red");
  batch->field_for_write(rig.plan.find("trace"))[1] = Value::number("7");
  rig.apply(*batch);
  EXPECT_EQ(batch->body[0], "hello");
  EXPECT_EQ(batch->body[1], "line 1") << "a text with a missing value changes nothing";
  EXPECT_EQ(rig.field(*batch, "env", 0), "string:prod");
  EXPECT_EQ(rig.field(*batch, "env", 2), "") << "rows that are not live stay";
  EXPECT_EQ(batch->tenant[0], "shared");
  EXPECT_EQ(batch->tenant[1], "red");
  EXPECT_EQ(Rig::labels(*batch, 0), R"({app="x-prod"})") << "later entries see earlier ones";
  EXPECT_EQ(Rig::metadata(*batch, "trace", 1), "7");
  EXPECT_EQ(rig.field(*batch, "$severity", 1), "string:warn");
}

TEST(Set, TextOutlivesTheTransform) {
  auto rig = std::make_unique<Rig>(std::initializer_list<testkit::RegisterPlugin>{register_plugin});
  ASSERT_TRUE(rig->add("set: {$body: 'a constant text that is longer than a small string'}"));
  auto batch = rig->run({"x"});
  rig.reset();
  EXPECT_EQ(batch->body[0], "a constant text that is longer than a small string");
}

TEST(Set, WhatCannotBeSetIsRefused) {
  const struct {
    const char* yaml;
    const char* told;
  } cases[] = {
      {"set: {$time: now}", "timestamp"},
      {"set: {$file.path: x}", "cannot be set"},
      {"set: {'a..b': x}", "test.yaml:1:"},
      {"set: {a: '{b'}", "test.yaml:1:"},
      {"set: [a]", "a map"},
      {"set", "fields"},
  };
  for (const auto& c : cases) {
    Rig rig({register_plugin});
    EXPECT_FALSE(rig.add(c.yaml)) << c.yaml;
    EXPECT_NE(rig.errors().find(c.told), std::string::npos) << rig.errors();
  }
}

}  // namespace
}  // namespace plugins::transforms::set
