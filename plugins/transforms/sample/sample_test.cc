#include <gtest/gtest.h>

#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::sample {

void register_plugin(pipeline::Registry& registry);

namespace {

using pipeline::Value;
using testkit::Rig;

TEST(Sample, KeepsAboutTheShare) {
  const struct {
    const char* yaml;
    int lowest;
    int highest;
  } cases[] = {{"sample: 10%", 850, 1150},
               {"sample: 0.5", 4800, 5200},
               {"sample: {ratio: 100%}", 10'000, 10'000},
               {"sample: 0%", 0, 0}};
  for (const auto& c : cases) {
    Rig rig({register_plugin});
    ASSERT_TRUE(rig.add(c.yaml)) << rig.errors();
    const auto kept =
        static_cast<int>(rig.run(std::vector<std::string>(10'000, "line"))->frame.live.count());
    EXPECT_GE(kept, c.lowest) << c.yaml;
    EXPECT_LE(kept, c.highest) << c.yaml;
  }
}

// The same line of the same file is decided alike, however the reads were cut.
TEST(Sample, ARereadDecidesTheSame) {
  const std::vector<std::string> lines(400, "same text");
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("sample: 30%"));
  const std::string whole = Rig::live(*rig.run(lines, 1000));
  for (std::size_t cut = 0; cut <= lines.size(); cut += 57) {
    Rig other({register_plugin});
    ASSERT_TRUE(other.add("sample: 30%"));
    const auto middle = lines.begin() + static_cast<std::ptrdiff_t>(cut);
    const std::string first = Rig::live(*other.run({lines.begin(), middle}, 1000));
    const std::string second =
        Rig::live(*other.run({middle, lines.end()}, 1000 + cut * (lines[0].size() + 1)));
    EXPECT_EQ(first + second, whole) << cut;
  }
  Rig elsewhere({register_plugin});
  ASSERT_TRUE(elsewhere.add("sample: 30%"));
  elsewhere.partition = pipeline::PartitionRef(new pipeline::Partition(43, {}));
  EXPECT_NE(Rig::live(*elsewhere.run(lines, 1000)), whole) << "another file";
}

TEST(Sample, LinesWithOneKeyStayTogether) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("sample: {ratio: 50%, key: trace}")) << rig.errors();
  auto batch = rig.batch(std::vector<std::string>(300, "line"));
  std::vector<std::string> keys;
  for (int i = 0; i < 30; ++i) keys.push_back("trace-" + std::to_string(i));
  auto& column = batch->field_for_write(rig.plan.find("trace"));
  for (std::size_t i = 0; i < 270; ++i) column[i] = Value::string(keys[i % 30]);
  rig.apply(*batch);
  for (std::size_t i = 30; i < 270; ++i)
    ASSERT_EQ(batch->frame.live.test(i), batch->frame.live.test(i - 30)) << i;
  EXPECT_GT(batch->frame.live.count(0, 30), 5u);
  EXPECT_LT(batch->frame.live.count(0, 30), 25u);
  // Records without the key are decided one by one.
  EXPECT_GT(batch->frame.live.count(270, 300), 3u);
  EXPECT_LT(batch->frame.live.count(270, 300), 27u);
}

TEST(Sample, AlwaysKeepsAndTheWeightSaysWhatAKeptRecordStandsFor) {
  Rig rig({register_plugin});
  ASSERT_TRUE(rig.add("sample: {ratio: 25%, always: '$body == \"error\"', weight: weight}"))
      << rig.errors();
  std::vector<std::string> lines(1000, "info");
  for (std::size_t i = 0; i < lines.size(); i += 10) lines[i] = "error";
  const auto batch = rig.run(lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool error = i % 10 == 0;
    const bool live = batch->frame.live.test(i);
    ASSERT_TRUE(live || !error) << i;
    if (!live) continue;
    ASSERT_EQ(Rig::metadata(*batch, "weight", i), error ? "" : "4") << i;
  }
  EXPECT_LT(batch->frame.live.count(), 500u);
}

TEST(Sample, WrongOptionsAreRefused) {
  for (const char* yaml : {"sample", "sample: 150%", "sample: 10", "sample: {key: a}",
                           "sample: {ratio: 10%, weight: 'a b'}"}) {
    Rig rig({register_plugin});
    EXPECT_FALSE(rig.add(yaml)) << yaml;
  }
}

}  // namespace
}  // namespace plugins::transforms::sample
