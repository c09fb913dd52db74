#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "pipeline/topology/topology.h"
#include "tests/conformance/plugin_case.h"

namespace {

using namespace conformance;
using namespace std::chrono_literals;

// Answers every request as a receiver that took it.
class Accepting final : public Link {
 public:
  Task<Result<Response>> send(const Encoded&, const std::string&, Instant) override {
    co_return Response{.status = 204, .headers = {}, .body = {}};
  }
};

// What the console sink prints is no part of a test's own output.
class SilentStdout {
 public:
  SilentStdout() : saved_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, STDOUT_FILENO);
    ::close(null);
  }
  ~SilentStdout() {
    ::dup2(saved_, STDOUT_FILENO);
    ::close(saved_);
  }

 private:
  int saved_;
};

class EveryExample : public testing::TestWithParam<const Registry::Plugin*> {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    // A source of standard input finds its end.
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, STDIN_FILENO);
    ::close(null);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  // The example with its files below `root_` and its ports free.
  Read read_here() {
    const auto path = folder_of(*GetParam()) / "example.yaml";
    std::string text = read_text(path);
    text = std::regex_replace(text, std::regex("/var/"), root_ + "/var/");
    text = std::regex_replace(text, std::regex(R"((listen: *"?)[0-9.]*:[0-9]+)"), "$01127.0.0.1:0");
    Read read;
    Substitution substitution(dummy_variable, files());
    DecodeContext context(read.diagnostics, substitution);
    const Loaded loaded =
        load_texts({std::make_shared<const SourceText>(path.string(), text)}, read.diagnostics);
    ReadOptions options;
    options.host_name = "box";
    options.resources = {
        .memory_limit = std::nullopt, .memory_total = 8ull << 30, .cpu_quota = 1.0, .cores = 2};
    read.plan = read_plan(loaded.root, registry(), context, options);
    return read;
  }

  // What the examples' file sources read.
  void feed() {
    const std::filesystem::path folder = root_ + "/var/log/app";
    std::filesystem::create_directories(folder);
    std::ofstream out(folder / "shop.log");
    for (int i = 0; i < kFed; ++i)
      out << R"({"ts":"2026-07-15T12:00:00Z","level":"error","service":"shop","msg":"line )" << i
          << "\"}\n";
  }

  static constexpr int kFed = 100;
  std::string root_;
};

TEST_P(EveryExample, RunsAndItsBooksBalance) {
  feed();
  Read read = read_here();
  ASSERT_TRUE(read.plan) << read.diagnostics.to_text();
  const bool reads_files = std::ranges::any_of(
      read.plan->sources, [](const Plan::Source& source) { return source.plugin->name == "file"; });

  asio::io_context loop;
  NullLog log;
  SystemClock clock;
  Meters meters;
  Ledger ledger;
  MemoryBudget budget(read.plan->agent.memory);
  const auto positions = PositionsFile::in_memory();
  const LinkMaker real = make_link_maker(clock, log);
  Topology topology(TopologyParts{
      .new_strand = [&]() -> Executor { return asio::make_strand(loop); },
      .fs = files(),
      .clock = clock,
      .log = log,
      .meters = meters,
      .ledger = ledger,
      .budget = budget,
      .positions = *positions,
      .links = [&](Sink& sink, const Executor& executor) -> Result<std::unique_ptr<Link>> {
        if (std::holds_alternative<HttpTarget>(sink.destination()))
          return std::make_unique<Accepting>();
        return real(sink, executor);
      }});

  const auto read_so_far = [&] {
    std::uint64_t records = 0;
    for (const Ledger::Line& line : ledger.snapshot())
      if (line.component.starts_with("pipeline/")) records += line.account.in;
    return records;
  };
  const auto live = [&]() -> Task<> {
    Task<Result<>> starting = topology.start(std::move(*read.plan));
    const Result<> started = co_await std::move(starting);
    EXPECT_TRUE(started) << started.error().message();
    if (!started) co_return;
    // Until what was fed has been read; a source that gets nothing here shows that it starts.
    const Instant give_up = clock.now() + (reads_files ? 20s : 300ms);
    while (clock.now() < give_up && !topology.has_ended() &&
           read_so_far() < static_cast<std::uint64_t>(kFed)) {
      Task<> pause = clock.sleep_for(10ms);
      co_await std::move(pause);
    }
    Task<> stopping = topology.stop();
    co_await std::move(stopping);
  };
  Task<> living = live();
  bool is_over = false;
  asio::co_spawn(asio::make_strand(loop), std::move(living),
                 [&](const std::exception_ptr& failure) {
                   EXPECT_FALSE(failure);
                   is_over = true;
                   loop.stop();
                 });
  {
    const SilentStdout silent;
    loop.run_for(60s);
  }
  ASSERT_TRUE(is_over) << "did not stop within a minute";

  const std::string page = read_text("docs/operations.md");
  for (const Meters::Sample& sample : meters.samples()) {
    const std::string name =
        std::regex_replace(sample.name, std::regex("_(bucket|sum|count)$"), std::string());
    EXPECT_NE(page.find("`" + name + "`"), std::string::npos)
        << name << " is not in docs/operations.md";
  }
  if (reads_files) {
    EXPECT_GE(read_so_far(), static_cast<std::uint64_t>(kFed));
  }
  for (const Ledger::Line& line : ledger.snapshot()) {
    EXPECT_EQ(line.account.unaccounted(), 0) << line.component;
    EXPECT_EQ(line.account.pending, 0u) << line.component;
    EXPECT_EQ(line.account.lost_total(), 0u) << line.component;
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryExample, testing::ValuesIn(plugins_by_kind(registry())),
                         case_name);

}  // namespace
