#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

#include "plugins/sources/demo/demo_source.h"

namespace plugins::sources::demo {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr pipeline::UnixNanos kWhen = 1'767'323'045'678'901'234;  // 2026-01-02T03:04:05.678Z

std::vector<std::string> make(std::uint64_t seed, Format format, int count) {
  Generator generator(seed, format);
  std::vector<std::string> lines(static_cast<std::size_t>(count));
  for (std::string& line : lines) generator.next(kWhen, line);
  return lines;
}

TEST(Generator, TheSameSeedMakesTheSameLines) {
  EXPECT_EQ(make(7, Format::mixed, 1000), make(7, Format::mixed, 1000));
  EXPECT_NE(make(7, Format::mixed, 1000), make(8, Format::mixed, 1000));
}

TEST(Generator, LinesAreWrittenAsTheFormatSays) {
  const struct {
    Format format;
    const char* start;
    const char* part;
    const char* end;
  } cases[] = {
      {Format::json, R"({"ts":"2026-01-02T03:04:05.678Z","level":")", R"("seq":0,)", R"("})"},
      {Format::logfmt, "ts=2026-01-02T03:04:05.678Z level=", " seq=0 ", ""},
      {Format::plain, "2026-01-02T03:04:05.678Z ", "(seq 0, user ", ")"},
      {Format::trace, "2026-01-02T03:04:05.678Z ERROR [", "\n\tat com.example.", ":77)"},
  };
  for (const auto& c : cases) {
    const std::string line = make(1, c.format, 1)[0];
    EXPECT_THAT(line, StartsWith(c.start));
    EXPECT_THAT(line, HasSubstr(c.part));
    EXPECT_THAT(line, EndsWith(c.end));
  }
}

TEST(Generator, KnowsTheCalendar) {
  const struct {
    pipeline::UnixNanos when;
    const char* text;
  } cases[] = {{0, "1970-01-01T00:00:00.000Z"},
               {951'782'400'000'000'000, "2000-02-29T00:00:00.000Z"},
               {1'709'251'199'999'000'000, "2024-02-29T23:59:59.999Z"},
               {4'102'444'800'000'000'000, "2100-01-01T00:00:00.000Z"}};
  for (const auto& c : cases) {
    std::string line;
    Generator(1, Format::plain).next(c.when, line);
    EXPECT_THAT(line, StartsWith(c.text));
  }
}

TEST(Generator, AllLevelsAndFormatsOccur) {
  std::string all;
  for (const std::string& line : make(1, Format::mixed, 5000)) all += line + "\n";
  for (const char* part : {R"("level":"debug")", R"("level":"info")", R"("level":"warn")",
                           R"("level":"error")", "level=info", " info ", "\tat com.example"})
    EXPECT_THAT(all, HasSubstr(part));
}

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
    for (std::size_t i = 0; i < logs.rows(); ++i) {
      lines.emplace_back(logs.body[i]);
      if (!times.empty()) {
        EXPECT_LT(times.back(), logs.time[i]);
      }
      times.push_back(logs.time[i]);
    }
    if (on_push) on_push();
    co_return pipeline::Result<>{};
  }
  std::vector<std::string> lines;
  std::vector<std::int64_t> times;
  std::function<void()> on_push;
};

class DemoTest : public ::testing::Test {
 protected:
  void run(Config config) {
    boost::asio::io_context io;
    pipeline::NullLog log;
    pipeline::SystemClock clock;
    pipeline::SystemFileSystem fs;
    pipeline::Meters meters;
    pipeline::MeterScope scope = meters.scope();
    Positions positions;
    DemoSource source(config, {{"source/demo", log, clock, fs, meters, scope, "here"},
                               io.get_executor(), positions, "demo"});
    bool is_done = false;
    boost::asio::co_spawn(io, source.run(output_),
                          boost::asio::bind_cancellation_slot(
                              cancel_.slot(), [&](std::exception_ptr error, pipeline::Result<> r) {
                                EXPECT_FALSE(error);
                                EXPECT_TRUE(error || r.has_value());
                                is_done = true;
                              }));
    io.run();
    source.stop();
    EXPECT_TRUE(is_done);
  }
  Output output_;
  boost::asio::cancellation_signal cancel_;
};

TEST_F(DemoTest, EndsAfterItsCount) {
  Config config;
  config.rate = {1'000'000, false};
  config.count = 12'345;
  config.format = Format::json;
  run(config);
  ASSERT_EQ(output_.lines.size(), 12'345u);
  EXPECT_THAT(output_.lines.back(), HasSubstr(R"("seq":12344,)"));
}

TEST_F(DemoTest, RunsUntilItIsStopped) {
  Config config;
  config.rate = {10'000, false};
  output_.on_push = [this] {
    if (output_.lines.size() > 500) cancel_.emit(boost::asio::cancellation_type::terminal);
  };
  run(config);
  EXPECT_GT(output_.lines.size(), 500u);
}

}  // namespace
}  // namespace plugins::sources::demo
