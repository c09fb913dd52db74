#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::labels {

void register_plugin(pipeline::Registry& registry);

namespace {

using testkit::Rig;

TEST(Labels, ListsAndMapsSetLabelsAndMissingValuesNone) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("labels: {env: prod, level: '{level}', file: '{$file.path}'}"))
      << rig.errors();
  ASSERT_EQ(rig.usage().labels.size(), 3u);
  EXPECT_TRUE(rig.usage().labels[0].always);
  EXPECT_FALSE(rig.usage().labels[1].always);
  ASSERT_TRUE(rig.add("labels: [service]")) << rig.errors();
  auto batch = rig.batch({"a", "b"});
  batch->field_for_write(rig.plan.find("level"))[1] = pipeline::Value::string("warn");
  batch->field_for_write(rig.plan.find("service"))[0] = pipeline::Value::string("api");
  rig.apply(*batch);
  EXPECT_EQ(Rig::labels(*batch, 0), R"({env="prod", file="/var/log/app.log", service="api"})");
  EXPECT_EQ(Rig::labels(*batch, 1), R"({env="prod", file="/var/log/app.log", level="warn"})");
}

TEST(Labels, WinOverTheSourcesLabels) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("labels: {job: mine}")) << rig.errors();
  auto batch = rig.batch({"a"});
  batch->labels[0] =
      batch->label_index(pipeline::LabelSet::make({{"job", "theirs"}, {"x", "kept"}}));
  rig.apply(*batch);
  EXPECT_EQ(Rig::labels(*batch), R"({job="mine", x="kept"})");
}

TEST(Labels, ConstantsThatLookLikeFieldsAreWarnedOf) {
  Rig rig({register_plugin});
  EXPECT_TRUE(rig.add("labels: {level: level}"));
  EXPECT_NE(rig.errors().find("warning["), std::string::npos) << rig.errors();
  EXPECT_FALSE(rig.add("labels: {level: }"));
  EXPECT_FALSE(rig.add("labels"));
}

}  // namespace
}  // namespace plugins::transforms::labels
