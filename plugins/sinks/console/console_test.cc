#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "pipeline/component/registry.h"
#include "pipeline/config/node.h"

namespace plugins::sinks::console {
void register_plugin(pipeline::Registry& registry);
namespace {

using namespace pipeline;

struct Fixture {
  explicit Fixture(const std::string& format) {
    register_plugin(registry);
    Diagnostics diagnostics;
    Substitution substitution(fs);
    DecodeContext decoding(diagnostics, substitution);
    Node node;
    node.kind = NodeKind::mapping;
    node.entries.push_back({"format", {}, Node::scalar(format)});
    const auto* plugin = registry.sink("console");
    auto made = plugin->make(plugin->decode(node, decoding), context);
    EXPECT_TRUE(diagnostics.empty());
    sink = std::move(*made);
    sink->demand(plan);
  }

  Encoded encode(const LogBatch& batch) {
    AnyEncoder any = sink->make_encoder(Signal::logs, plan);
    auto& encoder = *std::get<std::unique_ptr<EncoderOf<LogBatch>>>(any);
    EXPECT_EQ(encoder.append(batch, batch.frame.live, 0, batch.rows(), 1 << 20), batch.rows());
    auto requests = encoder.finish();
    EXPECT_EQ(requests.size(), 1u);
    return std::move(requests[0]);
  }

  Registry registry;
  NullLog log;
  SystemClock clock;
  SystemFileSystem fs;
  Meters meters;
  MeterScope scope = meters.scope();
  SinkContext context{{"sink/console", log, clock, fs, meters, scope, "box"}, {}};
  FieldPlan plan;
  std::unique_ptr<Sink> sink;
};

LogBatch rows() {
  LogBatch batch;
  const auto labels = batch.label_index(LabelSet::make({{"app", "a"}}));
  batch.append("one\ttab", 0, 0, labels);
  batch.append("clear \x1b[2J and\nnew line \xFF", 1, 0, labels);
  batch.frame.live.reset(2);
  return batch;
}

TEST(Console, text_is_one_line_a_record_and_cannot_control_a_terminal) {
  Fixture f("text");
  EXPECT_FALSE(f.plan.reads_all());
  EXPECT_EQ(
      f.encode(rows()).body,
      "1970-01-01T00:00:00.000000000Z {app=\"a\"} one\ttab\n"
      "1970-01-01T00:00:00.000000001Z {app=\"a\"} clear \\x1b[2J and\\nnew line \xEF\xBF\xBD\n");
}

TEST(Console, json_asks_for_all_fields) {
  Fixture f("json");
  EXPECT_TRUE(f.plan.reads_all());
  LogBatch batch = rows();
  batch.unplanned_for_write("n").resize(2);
  batch.unplanned_for_write("n")[0] = Value::number("1");
  const std::string body = f.encode(batch).body;
  EXPECT_EQ(
      body.substr(0, body.find('\n')),
      R"({"time":"1970-01-01T00:00:00.000000000Z","labels":{"app":"a"},"fields":{"n":1},"line":"one\ttab"})");
}

TEST(Console, writes_whole_requests_to_standard_output) {
  Fixture f("text");
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const int before = ::dup(STDOUT_FILENO);
  ASSERT_GE(::dup2(pipe[1], STDOUT_FILENO), 0);
  const Encoded request = f.encode(rows());
  auto transport = std::get<std::shared_ptr<Transport>>(f.sink->destination());
  int status = 0;
  asio::io_context io;
  asio::co_spawn(
      io,
      [](std::shared_ptr<Transport> to, const Encoded& what, int& answer) -> Task<> {
        Task<Result<Response>> sending = to->send(what, Instant::max());
        const Result<Response> response = co_await std::move(sending);
        answer = response ? response->status : -1;
      }(transport, request, status),
      asio::detached);
  io.run();
  ::dup2(before, STDOUT_FILENO);
  ::close(before);
  ::close(pipe[1]);
  std::string text(1000, '\0');
  text.resize(static_cast<std::size_t>(::read(pipe[0], text.data(), text.size())));
  ::close(pipe[0]);
  EXPECT_EQ(status, 204);
  EXPECT_EQ(text, request.body);
}

}  // namespace
}  // namespace plugins::sinks::console
