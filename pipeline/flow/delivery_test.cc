#include "pipeline/flow/delivery.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "pipeline/flow/batcher.h"
#include "pipeline/flow/fake_sink_test.h"
#include "pipeline/flow/payload.h"

namespace pipeline {
namespace {

using test::LineSink;
using test::Receiver;

class FakeLink final : public Link {
 public:
  explicit FakeLink(Receiver& receiver) : receiver_(receiver) {}
  Task<Result<Response>> send(const Encoded&, const std::string& payload, Instant) override {
    const Result<std::string> body = decompress(Compression::snappy, payload, 1 << 30);
    std::vector<std::string> lines;
    std::istringstream in(*body);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    ++receiver_.requests;
    receiver_.bytes += body->size();
    const int status = receiver_.answer(lines);
    if (status == 204 || status == 1)
      for (const std::string& line : lines) ++receiver_.taken[line];
    if (status <= 1) co_return failure(Errc::unavailable, "connection reset");
    Response response;
    response.status = status;
    co_return response;
  }

 private:
  Receiver& receiver_;
};

struct Acks final : AckOwner {
  void settled(const AckGroup&, Outcome worst) noexcept override { outcomes.push_back(worst); }
  std::vector<Outcome> outcomes;
};

// One delivery behind one batcher, on one thread.
class DeliveryTest : public testing::Test {
 protected:
  void open(DeliveryOptions options = {}) {
    options.retry_initial = std::chrono::microseconds(200);
    options.retry_max = std::chrono::milliseconds(2);
    delivery_ = std::make_shared<Delivery>(DeliveryParts{
        .id = "sink/s",
        .name = "s",
        .options = options,
        .sink = std::make_shared<LineSink>(),
        .links = [this](Sink&, const Executor&) -> Result<std::unique_ptr<Link>> {
          return std::make_unique<FakeLink>(receiver_);
        },
        .new_strand = [this] { return Executor(asio::make_strand(io_.get_executor())); },
        .clock = clock_,
        .log = log_,
        .meters = meters_,
        .ledger = ledger_});
    share_ = budget_.open();
  }

  std::unique_ptr<Batcher> batcher(Signal signal, std::uint64_t target = 2000) {
    return std::make_unique<Batcher>(delivery_, signal, fields_, 0, 1, target, ledger_, share_);
  }

  template <class B>
  void finish_batch(B& batch, std::size_t rows) {
    batch.frame.live.reset(rows);
    batch.frame.read_at = clock_.now();
    const std::size_t half = rows / 2;
    // Two parts, so that requests cut through parts.
    for (auto [first, count] : {std::pair{std::size_t{0}, half}, std::pair{half, rows - half}}) {
      batch.frame.parts.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count), {},
                                   Ack(acks_, sequence_++), 0, false});
    }
  }

  Batch logs(int first, int rows, const std::string& poison = "") {
    auto batch = std::make_unique<LogBatch>();
    for (int i = 0; i < rows; ++i) {
      const bool is_poison = !poison.empty() && i % 1000 == 137;
      batch->append(batch->frame.arena.copy(fmt::format("l{}{}", first + i, is_poison ? poison : "")), 1, 0, 0);
    }
    finish_batch(*batch, static_cast<std::size_t>(rows));
    return batch;
  }

  static void release(Batch& batch) {
    for (Part& part : frame_of(batch).parts) part.ack.settle(Outcome::delivered);
  }

  void push(Batcher& to, Batch batch) {
    to.append(batch, frame_of(batch).live, true);
    release(batch);
  }

  // Runs until the delivery is idle, then stops it.
  void drain() {
    bool is_done = false;
    asio::co_spawn(io_, finish(&is_done), asio::detached);
    io_.run();
    ASSERT_TRUE(is_done);
  }
  Task<> finish(bool* is_done) {
    Task<> draining = delivery_->drained(Instant::max());
    co_await std::move(draining);
    Task<> stopping = delivery_->stop();
    co_await std::move(stopping);
    *is_done = true;
  }

  Account account(Signal signal = Signal::logs) {
    for (const Ledger::Line& line : ledger_.snapshot())
      if (line.component == "sink/s" && line.signal == signal) return line.account;
    return {};
  }

  asio::io_context io_;
  SystemClock clock_;
  NullLog log_;
  Meters meters_;
  Ledger ledger_;
  MemoryBudget budget_{64 << 20};
  FieldPlan fields_;
  Receiver receiver_;
  std::shared_ptr<MemoryBudget::Share> share_;
  std::shared_ptr<Delivery> delivery_;
  boost::intrusive_ptr<Acks> acks_{new Acks};
  std::uint64_t sequence_ = 0;
};

TEST_F(DeliveryTest, TakesAllThreeSignalsThroughOneDeliveryUnderFaults) {
  std::mt19937 random(7);
  receiver_.answer = [&random](const std::vector<std::string>&) {
    constexpr int kAnswers[] = {204, 204, 500, 0, 1, 429, 401};
    return kAnswers[random() % std::size(kAnswers)];
  };
  open();
  auto to_logs = batcher(Signal::logs);
  auto to_metrics = batcher(Signal::metrics);
  auto to_spans = batcher(Signal::traces);
  for (int round = 0; round < 20; ++round) {
    push(*to_logs, logs(round * 100, 100));
    auto metrics = std::make_unique<MetricBatch>();
    for (int i = 0; i < 50; ++i) metrics->append(0, 1, round * 50 + i);
    finish_batch(*metrics, 50);
    push(*to_metrics, std::move(metrics));
    auto spans = std::make_unique<SpanBatch>();
    for (int i = 0; i < 30; ++i)
      spans->append({}, 1, 1, spans->frame.arena.copy(fmt::format("s{}", round * 30 + i)), 0);
    finish_batch(*spans, 30);
    push(*to_spans, std::move(spans));
  }
  to_logs->flush();
  to_metrics->flush();
  to_spans->flush();
  drain();

  EXPECT_EQ(receiver_.taken.size(), 20u * (100 + 50 + 30));
  EXPECT_EQ(account(Signal::logs).delivered, 2000u);
  EXPECT_EQ(account(Signal::metrics).delivered, 1000u);
  EXPECT_EQ(account(Signal::traces).delivered, 600u);
  for (const Ledger::Line& line : ledger_.snapshot()) {
    EXPECT_EQ(line.account.unaccounted(), 0);
    EXPECT_EQ(line.account.pending, 0u);
  }
  EXPECT_EQ(acks_->outcomes.size(), sequence_);
  for (const Outcome outcome : acks_->outcomes) EXPECT_EQ(outcome, Outcome::delivered);
}

TEST_F(DeliveryTest, LosesExactlyThePoisonRecordAndSendsLessThanThreeTimesTheBytes) {
  receiver_.answer = [](const std::vector<std::string>& lines) {
    for (const std::string& line : lines)
      if (line.find('!') != std::string::npos) return 400;
    return 204;
  };
  open();
  auto to = batcher(Signal::logs, 1 << 20);
  std::uint64_t bytes = 0;
  for (int round = 0; round < 4; ++round) {
    Batch batch = logs(round * 4000, 4000, "!");
    for (const std::string_view line : std::get<0>(batch)->body) bytes += line.size() + 1;
    push(*to, std::move(batch));
    to->flush();
  }
  drain();
  EXPECT_EQ(account().delivered, 16000u - 16);
  EXPECT_EQ(account().lost_total(), 16u);
  EXPECT_EQ(receiver_.taken.size(), 16000u - 16);
  EXPECT_LE(receiver_.bytes, 3 * bytes);
  EXPECT_EQ(account().unaccounted(), 0);
}

TEST_F(DeliveryTest, RejectsNothingWhileTheReceiverRefusesEverything) {
  int refusals = 0;
  receiver_.answer = [&refusals](const std::vector<std::string>&) { return ++refusals < 200 ? 400 : 204; };
  open();
  auto to = batcher(Signal::logs, 1 << 20);
  push(*to, logs(0, 500));
  to->flush();
  push(*to, logs(500, 3));
  to->flush();
  drain();
  EXPECT_EQ(account().lost_total(), 0u);
  EXPECT_EQ(account().delivered, 503u);
}

TEST_F(DeliveryTest, SplitsWhatIsTooLargeAndLosesOnlyASingleRecordThatIs) {
  receiver_.answer = [](const std::vector<std::string>& lines) {
    std::size_t size = 0;
    for (const std::string& line : lines) size += line.size();
    return size > 100 ? 413 : 204;
  };
  open();
  auto to = batcher(Signal::logs, 1 << 20);
  Batch batch = logs(0, 64);
  auto& rows = *std::get<0>(batch);
  rows.body[10] = rows.frame.arena.copy(std::string(200, 'x'));
  push(*to, std::move(batch));
  to->flush();
  drain();
  EXPECT_EQ(account().delivered, 63u);
  EXPECT_EQ(account().lost[static_cast<std::size_t>(LossReason::too_long)], 1u);
}

TEST_F(DeliveryTest, KeepsTheOrderOfOneKeyThroughRetriesAndSplits) {
  std::vector<std::string> order;
  std::mt19937 random(3);
  receiver_.answer = [&](const std::vector<std::string>& lines) {
    if (random() % 3 == 0) return 500;
    if (lines.size() > 20) return 413;
    order.insert(order.end(), lines.begin(), lines.end());
    return 204;
  };
  open();
  auto to = batcher(Signal::logs, 500);
  for (int round = 0; round < 10; ++round) push(*to, logs(round * 100, 100));
  to->flush();
  drain();
  ASSERT_EQ(order.size(), 1000u);
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], fmt::format("l{}", i));
}

TEST_F(DeliveryTest, CountsBlockedRecordsAsLost) {
  receiver_.answer = [](const std::vector<std::string>&) { return 260; };
  open();
  auto to = batcher(Signal::logs);
  push(*to, logs(0, 10));
  to->flush();
  drain();
  EXPECT_EQ(account().lost[static_cast<std::size_t>(LossReason::blocked)], 10u);
  for (const Outcome outcome : acks_->outcomes) EXPECT_EQ(outcome, Outcome::lost);
}

TEST_F(DeliveryTest, LeavesWhatItCannotSendToTheSourcesThatCanReadItAgain) {
  receiver_.answer = [](const std::vector<std::string>&) { return 503; };
  open();
  auto to = batcher(Signal::logs);
  push(*to, logs(0, 10));
  to->flush();
  bool is_done = false;
  asio::co_spawn(io_, [](Delivery* delivery, bool* done) -> Task<> {
    Task<> stopping = delivery->stop();
    co_await std::move(stopping);
    *done = true;
  }(delivery_.get(), &is_done), asio::detached);
  io_.run();
  ASSERT_TRUE(is_done);
  EXPECT_EQ(account().returned, 10u);
  EXPECT_EQ(account().lost_total(), 0u);
  EXPECT_EQ(account().unaccounted(), 0);
  EXPECT_EQ(acks_->outcomes, (std::vector<Outcome>{Outcome::failed, Outcome::failed}));
}

TEST_F(DeliveryTest, GivesCreditBackAndEvictsTheOldestWhenToldTo) {
  receiver_.answer = [](const std::vector<std::string>&) { return 503; };
  DeliveryOptions options;
  options.queue_memory = 1000;
  open(options);
  auto to = batcher(Signal::logs, 300);
  for (int round = 0; round < 10; ++round) push(*to, logs(round * 100, 100));
  to->flush();
  EXPECT_FALSE(delivery_->has_credit());
  const std::uint64_t lost = delivery_->evict_oldest(LossReason::overflow);
  EXPECT_GT(lost, 0u);
  EXPECT_TRUE(delivery_->has_credit());
  EXPECT_EQ(account().lost[static_cast<std::size_t>(LossReason::overflow)], lost);
  bool is_done = false;
  asio::co_spawn(io_, [](Delivery* delivery, bool* done) -> Task<> {
    Task<> stopping = delivery->stop();
    co_await std::move(stopping);
    *done = true;
  }(delivery_.get(), &is_done), asio::detached);
  io_.run();
  EXPECT_EQ(account().unaccounted(), 0);
}

}  // namespace
}  // namespace pipeline
