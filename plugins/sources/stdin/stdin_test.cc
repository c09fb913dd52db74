#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "plugins/sources/stdin/stdin_source.h"

namespace plugins::sources::stdin {
namespace {

using ::testing::ElementsAre;

class Positions final : public pipeline::PositionStore {
  std::vector<std::pair<std::string, std::string>> load() override { return {}; }
  void save(std::string_view, std::string_view) override {}
  pipeline::Result<> save_now(std::string_view, std::string_view) override { return {}; }
  void erase(std::string_view) override {}
};

class Output final : public pipeline::Output {
 public:
  std::size_t lanes() const override { return 1; }
  std::size_t lane_of(pipeline::Partition&) override { return 0; }
  bool is_congested() const override { return false; }
  pipeline::Task<pipeline::Result<>> push(pipeline::Batch batch, std::size_t) override {
    const auto& logs = *std::get<std::unique_ptr<pipeline::LogBatch>>(batch);
    const auto* truncated = logs.find_metadata("truncated");
    if (truncated) {
      EXPECT_EQ(truncated->values.size(), logs.rows());
    }
    for (std::size_t i = 0; i < logs.rows(); ++i) {
      lines.emplace_back(logs.body[i]);
      cut += truncated && truncated->values[i] == "true" ? 1 : 0;
      EXPECT_GT(logs.time[i], latest);
      latest = logs.time[i];
    }
    co_return pipeline::Result<>{};
  }
  std::vector<std::string> lines;
  std::int64_t latest = 0;
  int cut = 0;
};

class StdinTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(ends_), 0); }
  void TearDown() override {
    close_writer();
    ::close(ends_[0]);
  }
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::write(ends_[1], text.data(), text.size());
      ASSERT_GT(n, 0);
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  // Runs the source on `descriptor` until it ends.
  void run(int descriptor) {
    pipeline::NullLog log;
    pipeline::SystemClock clock;
    pipeline::SystemFileSystem fs;
    pipeline::Meters meters;
    pipeline::MeterScope scope = meters.scope();
    Positions positions;
    StdinSource source(config_, {{"source/in", log, clock, fs, meters, scope, "here"},
                                 io_.get_executor(), positions, "in"},
                       descriptor);
    bool is_done = false;
    boost::asio::co_spawn(io_, source.run(output_),
                          boost::asio::bind_cancellation_slot(
                              cancel_.slot(), [&](std::exception_ptr error, pipeline::Result<> r) {
                                EXPECT_FALSE(error);
                                EXPECT_TRUE(error || r.has_value());
                                is_done = true;
                              }));
    io_.run();
    source.stop();
    EXPECT_TRUE(is_done);
  }

  int ends_[2] = {-1, -1};
  boost::asio::io_context io_;
  boost::asio::cancellation_signal cancel_;
  Config config_;
  Output output_;
};

TEST_F(StdinTest, ReadsLinesUntilTheEnd) {
  write("1\n\n2\r\nlast");
  close_writer();
  run(ends_[0]);
  EXPECT_THAT(output_.lines, ElementsAre("1", "", "2", "last"));
}

TEST_F(StdinTest, LinesMayComeInPieces) {
  std::thread writer([this] {
    std::string all;
    for (int i = 0; i < 50'000; ++i) all += "line " + std::to_string(i) + "\n";
    for (std::size_t at = 0; at < all.size(); at += 777) write(std::string_view(all).substr(at, 777));
    close_writer();
  });
  run(ends_[0]);
  writer.join();
  ASSERT_EQ(output_.lines.size(), 50'000u);
  for (std::size_t i = 0; i < output_.lines.size(); ++i)
    ASSERT_EQ(output_.lines[i], "line " + std::to_string(i));
}

TEST_F(StdinTest, ALongLineIsCutOffAndItsRestSkipped) {
  config_.max_line = pipeline::Size{300'000};
  std::thread writer([this] {
    write("a\n" + std::string(299'999, 'x') + "\n" + std::string(1'000'000, 'y') + "\nb\n" +
          std::string(300'100, 'z'));
    close_writer();
  });
  run(ends_[0]);
  writer.join();
  EXPECT_THAT(output_.lines, ElementsAre("a", std::string(299'999, 'x'), std::string(300'000, 'y'),
                                         "b", std::string(300'000, 'z')));
  EXPECT_EQ(output_.cut, 2);
}

TEST_F(StdinTest, AFileIsReadToItsEnd) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  std::fputs("1\n2\n", file);
  std::fflush(file);
  std::rewind(file);
  run(::fileno(file));
  std::fclose(file);
  EXPECT_THAT(output_.lines, ElementsAre("1", "2"));
}

TEST_F(StdinTest, StopsWhileItWaits) {
  // Behind the handlers that begin the read.
  std::function<void(int)> later = [&](int turns) {
    if (turns == 0) return cancel_.emit(boost::asio::cancellation_type::terminal);
    boost::asio::post(io_, [&later, turns] { later(turns - 1); });
  };
  later(8);
  run(ends_[0]);
  EXPECT_TRUE(output_.lines.empty());
}

}  // namespace
}  // namespace plugins::sources::stdin
