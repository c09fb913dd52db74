#include "tests/conformance/log_rows.h"
#include "tests/conformance/plugin_case.h"

namespace {

using namespace conformance;

class EveryTransform : public testing::TestWithParam<const Registry::Plugin*> {
 protected:
  void SetUp() override {
    plugin_ = registry().transform(GetParam()->name);
    read_ = read_example(*plugin_, false);
    ASSERT_TRUE(read_.plan) << read_.diagnostics.to_text();
    config_ = example_config(*plugin_, *read_.plan);
    ASSERT_NE(config_, nullptr);
    if (!plugin_->traits.signals.has(Signal::logs)) GTEST_SKIP() << "takes no logs";
    const TransformContext context{lent_.context("pipeline/x/y"), fields_, 0, Signal::logs};
    auto made = plugin_->make(config_, context);
    ASSERT_TRUE(made) << made.error().message();
    transform_ = std::move(std::get<std::unique_ptr<LogTransform>>(*made));
    // What others want decides what a parser does: everything.
    fields_.read_all();
  }

  std::unique_ptr<LogBatch> rows(const std::vector<std::string>& lines) {
    verdicts_ = new Verdicts();
    return log_rows(fields_, lines, verdicts_);
  }

  // What must hold of any batch.
  void expect_whole(const LogBatch& batch, std::size_t row_count) {
    ASSERT_EQ(batch.rows(), row_count);
    EXPECT_EQ(batch.time.size(), row_count);
    EXPECT_EQ(batch.labels.size(), row_count);
    EXPECT_EQ(batch.frame.live.rows(), row_count);
    for (const std::uint32_t index : batch.labels) EXPECT_LT(index, batch.label_sets.size());
    for (FieldSlot slot = 0; slot < fields_.size(); ++slot)
      EXPECT_TRUE(batch.field(slot).empty() || batch.field(slot).size() == row_count)
          << fields_.name(slot);
    for (const auto& column : batch.unplanned()) EXPECT_EQ(column.values.size(), row_count);
    for (const auto& column : batch.metadata()) EXPECT_EQ(column.values.size(), row_count);
    std::size_t covered = 0;
    for (const Part& part : batch.frame.parts) {
      EXPECT_EQ(part.first_row, covered);
      covered += part.rows;
    }
    EXPECT_EQ(covered, row_count);
  }

  const Registry::TransformPlugin* plugin_ = nullptr;
  Read read_;
  Registry::AnyConfig config_;
  Lent lent_;
  FieldPlan fields_;
  std::unique_ptr<LogTransform> transform_;
  boost::intrusive_ptr<Verdicts> verdicts_;
};

TEST_P(EveryTransform, LeavesDeadRowsDeadAndColumnsWhole) {
  for (int round = 0; round < 2; ++round) {
    auto batch = rows(odd_lines());
    const Selection before = batch->frame.live;
    transform_->apply(*batch);
    expect_whole(*batch, odd_lines().size());
    Selection risen = batch->frame.live;
    EXPECT_TRUE(risen.subtract(before).none()) << "a dead row came back";
  }
}

TEST_P(EveryTransform, ClearsNoRowsWithoutAReasonToCountThemBy) {
  auto batch = rows(odd_lines());
  const std::size_t before = batch->frame.live.count();
  transform_->apply(*batch);
  if (plugin_->traits.drop_reason.empty()) {
    EXPECT_EQ(batch->frame.live.count(), before);
  }
}

TEST_P(EveryTransform, TakesABatchWithoutLiveRows) {
  auto batch = rows(odd_lines());
  batch->frame.live.reset_none(batch->rows());
  transform_->apply(*batch);
  EXPECT_TRUE(batch->frame.live.none());
  expect_whole(*batch, odd_lines().size());
}

TEST_P(EveryTransform, TakesABatchOfOneRow) {
  auto batch = rows({"x"});
  transform_->apply(*batch);
  expect_whole(*batch, 1);
}

TEST_P(EveryTransform, SettlesNoAck) {
  auto batch = rows(odd_lines());
  transform_->apply(*batch);
  EXPECT_EQ(verdicts_->settled_count, 0) << "the engine settles, when the records have ended";
  const auto parts = static_cast<int>(batch->frame.parts.size());
  for (Part& part : batch->frame.parts) part.ack.settle(Outcome::delivered);
  batch.reset();
  EXPECT_EQ(verdicts_->settled_count, parts);
  EXPECT_EQ(verdicts_->last, Outcome::delivered);
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryTransform, testing::ValuesIn(plugins_of_kind("transform")),
                         case_name);

}  // namespace
