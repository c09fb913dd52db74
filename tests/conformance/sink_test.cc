#include "tests/conformance/log_rows.h"
#include "tests/conformance/plugin_case.h"

namespace {

using namespace conformance;

// Far above what the lines take, so that only the end of the batch ends a request.
constexpr std::size_t kLimitBytes = std::size_t{8} << 20;

class EverySink : public testing::TestWithParam<const Registry::Plugin*> {
 protected:
  void SetUp() override {
    plugin_ = registry().sink(GetParam()->name);
    read_ = read_example(*plugin_, false);
    ASSERT_TRUE(read_.plan) << read_.diagnostics.to_text();
    config_ = example_config(*plugin_, *read_.plan);
    ASSERT_NE(config_, nullptr);
    if (!plugin_->traits.signals.has(Signal::logs)) GTEST_SKIP() << "takes no logs";
    auto made = plugin_->make(config_, SinkContext{lent_.context("sink/x"), {}});
    ASSERT_TRUE(made) << made.error().message();
    sink_ = std::move(*made);
    sink_->demand(fields_);
    encoder_ = std::move(
        std::get<std::unique_ptr<EncoderOf<LogBatch>>>(sink_->make_encoder(Signal::logs, fields_)));
  }

  // A receiver's answers are judged; a transport of the sink's own fails or has written.
  bool has_receiver() const { return std::holds_alternative<HttpTarget>(sink_->destination()); }

  std::vector<Encoded> encode(std::size_t limit_bytes, std::uint64_t& refused) {
    const auto batch = log_rows(fields_, odd_lines(), new Verdicts());
    std::vector<Encoded> requests;
    std::size_t row = 0;
    while (row < batch->rows()) {
      const std::size_t next =
          encoder_->append(*batch, batch->frame.live, row, batch->rows(), limit_bytes);
      EXPECT_GT(next, row) << "takes at least one row";
      if (next <= row) break;
      row = next;
      for (const Refused& each : encoder_->take_refused()) refused += each.records;
      if (encoder_->bytes() < limit_bytes && row < batch->rows()) continue;
      for (Encoded& each : encoder_->finish()) requests.push_back(std::move(each));
    }
    for (Part& part : batch->frame.parts) part.ack.settle(Outcome::delivered);
    live_ = batch->frame.live.count();
    return requests;
  }

  const Registry::SinkPlugin* plugin_ = nullptr;
  Read read_;
  Registry::AnyConfig config_;
  Lent lent_;
  FieldPlan fields_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<EncoderOf<LogBatch>> encoder_;
  std::uint64_t live_ = 0;
};

std::uint64_t records_of(const std::vector<Encoded>& requests) {
  std::uint64_t sum = 0;
  for (const Encoded& request : requests) sum += request.records;
  return sum;
}

TEST_P(EverySink, EncodesEachLiveRowOnceOrRefusesIt) {
  for (const std::size_t limit : {kLimitBytes, std::size_t{1}, std::size_t{200}}) {
    std::uint64_t refused = 0;
    const auto requests = encode(limit, refused);
    EXPECT_EQ(records_of(requests) + refused, live_) << "limit " << limit;
    EXPECT_EQ(encoder_->records(), 0u);
    EXPECT_TRUE(encoder_->finish().empty());
  }
}

// Splits until only single records are left.
void split_all(const Sink& sink, const Encoded& request, std::uint64_t& singles, int depth) {
  ASSERT_LT(depth, 64) << "does not come to an end";
  const auto halves = sink.split(request);
  if (!halves) {
    EXPECT_EQ(request.records, 1u) << "only a single record cannot be split";
    singles += request.records;
    return;
  }
  ASSERT_GT(request.records, 1u);
  EXPECT_EQ(halves->first.records + halves->second.records, request.records);
  ASSERT_GT(halves->first.records, 0u);
  ASSERT_GT(halves->second.records, 0u);
  EXPECT_EQ(halves->first.tenant, request.tenant);
  EXPECT_GE(halves->first.oldest, request.oldest);
  EXPECT_LE(halves->second.newest, request.newest);
  split_all(sink, halves->first, singles, depth + 1);
  split_all(sink, halves->second, singles, depth + 1);
}

TEST_P(EverySink, SplitsARequestDownToItsRecords) {
  if (!has_receiver()) GTEST_SKIP() << "asks no receiver";
  std::uint64_t refused = 0;
  std::uint64_t singles = 0;
  for (const Encoded& request : encode(kLimitBytes, refused))
    split_all(*sink_, request, singles, 0);
  EXPECT_EQ(singles + refused, live_);
}

TEST_P(EverySink, KnowsDeliveredFromTryAgain) {
  if (!has_receiver()) GTEST_SKIP() << "asks no receiver";
  EXPECT_EQ(sink_->classify(Response{.status = 204, .headers = {}, .body = {}}).verdict,
            Verdict::delivered);
  EXPECT_NE(sink_->classify(Response{.status = 503, .headers = {}, .body = {}}).verdict,
            Verdict::delivered);
}

TEST_P(EverySink, SaysWhichRecordARequestOfOneHolds) {
  if (!has_receiver()) GTEST_SKIP() << "asks no receiver";
  std::uint64_t refused = 0;
  for (const Encoded& request : encode(1, refused)) {
    if (request.records == 1) {
      EXPECT_FALSE(sink_->describe(request).empty());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EverySink, testing::ValuesIn(plugins_of_kind("sink")),
                         case_name);

}  // namespace
