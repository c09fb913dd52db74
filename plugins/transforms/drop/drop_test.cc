#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::drop {

void register_plugin(pipeline::Registry& registry);

namespace {

using testkit::Rig;

TEST(Drop, ClearsTheRowsForWhichItHolds) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("drop: 'level == \"debug\" and n >= 500'")) << rig.errors();
  auto batch = rig.batch({"a", "b", "c", "d"});
  auto& level = batch->field_for_write(rig.plan.find("level"));
  auto& n = batch->field_for_write(rig.plan.find("n"));
  for (auto& value : level) value = pipeline::Value::string("debug");
  level[3] = {};
  n[0] = pipeline::Value::number("500");
  n[1] = pipeline::Value::string("502");
  n[2] = pipeline::Value::string("n/a");
  n[3] = pipeline::Value::number("900");
  rig.apply(*batch);
  EXPECT_EQ(Rig::live(*batch), "0011");
  EXPECT_EQ(rig.metric("sluice_expression_conversion_failures_total"), 1);
  EXPECT_EQ(rig.usage().reads.size(), 2u);
}

TEST(Drop, RowsThatAreGoneStayGone) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("drop: '$body == \"b\"'")) << rig.errors();
  auto batch = rig.batch({"a", "b", "c"});
  batch->frame.live.clear(0);
  rig.apply(*batch);
  EXPECT_EQ(Rig::live(*batch), "001");
}

TEST(Drop, NeedsAnExpression) {
  Rig rig({register_plugin});
  EXPECT_FALSE(rig.add("drop"));
  EXPECT_FALSE(rig.add("drop: 'level = \"x\"'"));
  EXPECT_NE(rig.errors().find("test.yaml:1:"), std::string::npos) << rig.errors();
}

}  // namespace
}  // namespace plugins::transforms::drop
