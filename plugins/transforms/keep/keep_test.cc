#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::keep {

void register_plugin(pipeline::Registry& registry);

namespace {

using testkit::Rig;

TEST(Keep, KeepsTheRowsForWhichItHoldsAndNoOthers) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("keep: '$body =~ \"^[ab]$\"'")) << rig.errors();
  auto batch = rig.batch({"a", "b", "c", "a"});
  batch->frame.live.clear(0);
  rig.apply(*batch);
  EXPECT_EQ(Rig::live(*batch), "0101");
  // Scratch memory of one batch does not leak into the next, smaller one.
  EXPECT_EQ(Rig::live(*rig.run({"x", "b"})), "01");
}

}  // namespace
}  // namespace plugins::transforms::keep
