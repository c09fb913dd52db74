#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>

#include "tests/conformance/plugin_case.h"

namespace {

using namespace conformance;
using namespace std::chrono_literals;

// Takes everything and delivers it at once. Once cancelled it refuses, as the engine does.
class Taker final : public Output {
 public:
  std::size_t lanes() const override { return 1; }
  std::size_t lane_of(Partition&) override { return 0; }
  Task<Result<>> push(Batch batch, std::size_t) override {
    EXPECT_FALSE(is_over) << "a source pushes nothing after run() returned";
    records += rows_of(batch);
    std::visit(
        [](auto& rows) {
          for (Part& part : rows->frame.parts) part.ack.settle(Outcome::delivered);
        },
        batch);
    ++pushes;
    co_return Result<>{};
  }
  bool is_congested() const override { return false; }

  std::uint64_t records = 0;
  int pushes = 0;
  bool is_over = false;
};

class EverySource : public testing::TestWithParam<const Registry::Plugin*> {
 protected:
  void SetUp() override {
    plugin_ = registry().source(GetParam()->name);
    const auto path = folder_of(*plugin_) / "example.yaml";
    // Any free port: tests run beside each other.
    const std::string text = std::regex_replace(
        read_text(path), std::regex(R"((listen: *"?)[0-9.]*:[0-9]+)"), "$01127.0.0.1:0");
    read_ = read_text_as_plan(path.string(), text, false);
    ASSERT_TRUE(read_.plan) << read_.diagnostics.to_text();
    config_ = example_config(*plugin_, *read_.plan);
    ASSERT_NE(config_, nullptr);
  }

  std::unique_ptr<Source> make() {
    auto made = plugin_->make(
        config_, SourceContext{lent_.context("source/x"), strand_, lent_.positions, "x"});
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : nullptr;
  }

  const Registry::SourcePlugin* plugin_ = nullptr;
  Read read_;
  Registry::AnyConfig config_;
  asio::io_context loop_;
  Strand strand_{asio::make_strand(loop_)};
  Lent lent_;
};

TEST_P(EverySource, StopsWithoutHavingRun) {
  const auto source = make();
  ASSERT_NE(source, nullptr);
  source->stop();
  source->stop();
}

TEST_P(EverySource, ReturnsWhenItIsCancelledAndIsQuietAfterwards) {
  const auto source = make();
  ASSERT_NE(source, nullptr);
  Taker taker;
  asio::cancellation_signal cancel;
  bool has_returned = false;
  Task<Result<>> running = source->run(taker);
  asio::co_spawn(strand_, std::move(running),
                 asio::bind_cancellation_slot(
                     cancel.slot(), [&](const std::exception_ptr& failure, const Result<>& result) {
                       EXPECT_FALSE(failure);
                       EXPECT_TRUE(result || result.error().code() == Errc::cancelled)
                           << result.error().message();
                       has_returned = true;
                       taker.is_over = true;
                     }));
  // Long enough for a source that makes records by itself to make some; none of the rules below
  // depends on it.
  loop_.run_for(200ms);
  asio::post(strand_, [&] { cancel.emit(asio::cancellation_type::terminal); });
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (!has_returned && std::chrono::steady_clock::now() < give_up) {
    loop_.restart();
    loop_.run_one_for(100ms);
  }
  ASSERT_TRUE(has_returned) << "run() did not return within 20 s of its cancellation";
  source->stop();
  loop_.restart();
  loop_.run_for(50ms);
  source->stop();
}

INSTANTIATE_TEST_SUITE_P(Registry, EverySource, testing::ValuesIn(plugins_of_kind("source")),
                         case_name);

}  // namespace
