#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::structured_metadata {

void register_plugin(pipeline::Registry& registry);

namespace {

using testkit::Rig;

TEST(StructuredMetadata, AttachesWhatARecordHas) {
  Rig rig({register_plugin});
  ASSERT_TRUE(
      rig.add("structured_metadata: {trace: '{trace_id}', where: 'at {$file.path}', "
              "plan: '{user.plan|none}', host: '{$host.name}'}"))
      << rig.errors();
  EXPECT_EQ(rig.usage().metadata.size(), 4u);
  auto batch = rig.batch({"a", "b"});
  batch->field_for_write(rig.plan.find("trace_id"))[0] = pipeline::Value::number("17");
  rig.apply(*batch);
  EXPECT_EQ(Rig::metadata(*batch, "trace", 0), "17");
  EXPECT_EQ(batch->find_metadata("trace")->values[1].data(), nullptr);
  EXPECT_EQ(Rig::metadata(*batch, "where", 1), "at /var/log/app.log");
  EXPECT_EQ(Rig::metadata(*batch, "plan", 1), "none");
  EXPECT_EQ(Rig::metadata(*batch, "host", 0), "host-1");
}

TEST(StructuredMetadata, AddsNoColumnWhenNoRecordHasAValue) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("structured_metadata: [trace_id]")) << rig.errors();
  EXPECT_TRUE(rig.run({"a"})->metadata().empty());
}

}  // namespace
}  // namespace plugins::transforms::structured_metadata
