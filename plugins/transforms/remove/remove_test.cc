#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::remove {

void register_plugin(pipeline::Registry& registry);

namespace {

using pipeline::Value;
using testkit::Rig;

TEST(Remove, TakesFieldsWithAllBelowThemLabelsAndMetadata) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("remove: [user, $label.pod, $meta.trace, $tenant]")) << rig.errors();
  rig.read({"user.id", "username"});
  auto batch = rig.batch({"a", "b"});
  for (const char* name : {"user", "user.id", "username"})
    for (Value& value : batch->field_for_write(rig.plan.find(name))) value = Value::string("x");
  batch->metadata_for_write("trace")[0] = "t";
  batch->tenant = {"red", "red"};
  for (auto& index : batch->labels)
    index = batch->label_index(pipeline::LabelSet::make({{"pod", "p-1"}, {"app", "a"}}));
  rig.apply(*batch);
  EXPECT_EQ(rig.field(*batch, "user", 0), "");
  EXPECT_EQ(rig.field(*batch, "user.id", 1), "");
  EXPECT_EQ(rig.field(*batch, "username", 1), "string:x");
  EXPECT_EQ(batch->find_metadata("trace")->values[0].data(), nullptr);
  EXPECT_TRUE(batch->tenant[0].empty());
  EXPECT_EQ(Rig::labels(*batch, 1), R"({app="a"})");
}

TEST(Remove, LeavesRowsThatAreNotLive) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("remove: a")) << rig.errors();
  auto batch = rig.batch({"a", "b"});
  for (Value& value : batch->field_for_write(rig.plan.find("a"))) value = Value::string("x");
  batch->frame.live.clear(0);
  rig.apply(*batch);
  EXPECT_EQ(rig.field(*batch, "a", 0), "string:x");
  EXPECT_EQ(rig.field(*batch, "a", 1), "");
}

TEST(Remove, TheLineAndTheTimeCannotBeRemoved) {
  for (const char* yaml :
       {"remove: [$body]", "remove: [$time]", "remove: [$file.path]", "remove"}) {
    Rig rig({register_plugin});
    EXPECT_FALSE(rig.add(yaml)) << yaml;
  }
}

}  // namespace
}  // namespace plugins::transforms::remove
