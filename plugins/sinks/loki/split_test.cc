#include "plugins/sinks/loki/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "plugins/sinks/loki/test_rows.h"

namespace plugins::sinks::loki {
namespace {

using pipeline::Encoded;
using testing::ElementsAre;
using testing::Pair;

constexpr std::size_t kNoLimit = std::size_t{1} << 30;

struct Row {
  std::string line;
  pipeline::UnixNanos time;
  std::string app;
};

Encoded encoded(const std::vector<Row>& rows) {
  TestContext test;
  StreamGuard guard({0, std::chrono::minutes(1), GuardAction::demote}, test.context);
  PushEncoder encoder({}, {}, guard, {}, test.context);
  Rows batch;
  for (const Row& row : rows)
    batch.add(row.line, row.time, {{"app", row.app}}).metadata("m", row.line);
  const auto& done = batch.done();
  encoder.append(done, done.frame.live, 0, done.rows(), kNoLimit);
  auto requests = encoder.finish();
  EXPECT_EQ(requests.size(), 1u);
  requests[0].tenant = "t";
  return std::move(requests[0]);
}

// What both children hold, per stream and in order.
std::map<std::string, std::vector<std::string>> together(const Encoded& a, const Encoded& b) {
  auto lines = lines_of(a);
  for (auto& [stream, more] : lines_of(b))
    lines[stream].insert(lines[stream].end(), more.begin(), more.end());
  return lines;
}

TEST(Split, halves_keep_all_records_streams_order_and_facts) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Row> rows;
    const std::size_t count = 2 + random() % 60;
    for (std::size_t i = 0; i < count; ++i)
      rows.push_back({std::to_string(i) + std::string(random() % 300, 'x'),
                      static_cast<pipeline::UnixNanos>(random()),
                      std::string(1, static_cast<char>('a' + random() % 5))});
    const Encoded parent = encoded(rows);
    const auto halves = split(parent);
    ASSERT_TRUE(halves);
    EXPECT_EQ(halves->first.records, count / 2);
    EXPECT_EQ(halves->first.records + halves->second.records, parent.records);
    EXPECT_EQ(together(halves->first, halves->second), lines_of(parent));
    EXPECT_EQ(std::min(halves->first.oldest, halves->second.oldest), parent.oldest);
    EXPECT_EQ(std::max(halves->first.newest, halves->second.newest), parent.newest);
    EXPECT_EQ(halves->first.tenant, "t");
    const auto second = parsed(halves->second);
    for (const auto& stream : second.streams()) {
      for (const auto& entry : stream.entries())
        EXPECT_EQ(entry.structured_metadata(0).value(), entry.line());
    }
  }
}

TEST(Split, a_single_record_cannot_be_split) { EXPECT_FALSE(split(encoded({{"x", 1, "a"}}))); }

TEST(Split, goes_down_to_every_single_record) {
  std::vector<Row> rows;
  for (int i = 0; i < 37; ++i) rows.push_back({std::to_string(i), i, i % 3 == 0 ? "a" : "b"});
  std::vector<Encoded> todo = {encoded(rows)};
  std::vector<std::string> lines;
  while (!todo.empty()) {
    Encoded last = std::move(todo.back());
    todo.pop_back();
    if (auto halves = split(last)) {
      todo.push_back(std::move(halves->second));
      todo.push_back(std::move(halves->first));
      continue;
    }
    for (const auto& [stream, single] : lines_of(last)) lines.push_back(stream + single.at(0));
  }
  EXPECT_EQ(lines.size(), rows.size());
  EXPECT_EQ(lines.front(), R"({app="a"}0)");
}

// 2023-11-14T22:13:20Z
constexpr pipeline::UnixNanos kNow = 1'700'000'000'000'000'000;
constexpr pipeline::UnixNanos kSecond = 1'000'000'000;

const std::vector<Row> kRows = {{"old", kNow - 5 * kSecond, "a"},
                                {"new", kNow, "a"},
                                {"other", kNow - 5 * kSecond, "b"},
                                {"long line", kNow, "b"},
                                {"c", kNow, "c \"}\""}};

TEST(Isolate, finds_what_the_answer_names) {
  const struct {
    std::string body;
    std::vector<std::string> culprits;
  } cases[] = {
      {R"(entry for stream '{app="a"}' has timestamp too old: 2023-11-14T22:13:15Z, oldest acceptable timestamp is: 2023-11-14T22:13:18Z)",
       {"old"}},
      {R"(entry with timestamp 2023-11-14 22:13:15 +0000 UTC ignored, reason: 'entry too far behind, oldest acceptable timestamp is: 2023-11-14T22:13:18.5Z',
total ignored: 1 out of 2 for stream: {app="b"})",
       {"other"}},
      {R"(entry for stream '{app="b"}' has timestamp too new: 2023-11-14T22:13:20Z)",
       {"long line"}},
      {R"(Max entry size '8' bytes exceeded for stream '{app="b"}' while adding an entry with length '9' bytes)",
       {"long line"}},
      {R"(max entry size '8' bytes exceeded for stream '{app="b"}' while adding)", {"long line"}},
      {R"(stream '{app="a"}' has 16 label names; limit 15)", {"old", "new"}},
      {R"(stream '{app="c \"}\""}' has label value too long: 'c')", {"c"}},
      {R"(error parsing labels '{app="b"}' with error: x)", {"other", "long line"}},
      // A stream that is wrong as a whole, and another with one old entry: no bound for both.
      {R"(stream '{app="a"}' has 16 label names; entry for stream '{app="b"}' has timestamp too old: 2023-11-14T22:13:15Z, oldest acceptable timestamp is: 2023-11-14T22:13:18Z)",
       {"old", "new", "other", "long line"}},
  };
  for (const auto& c : cases) {
    const Encoded parent = encoded(kRows);
    const auto parts = isolate(parent, {400, {}, c.body});
    ASSERT_TRUE(parts) << c.body;
    std::vector<std::string> culprits;
    for (const auto& [stream, lines] : lines_of(parts->first))
      culprits.insert(culprits.end(), lines.begin(), lines.end());
    EXPECT_EQ(culprits, c.culprits) << c.body;
    EXPECT_EQ(parts->first.records + parts->second.records, parent.records);
  }
}

TEST(Isolate, is_silent_when_nothing_or_everything_is_named) {
  for (
      const std::string body :
      {"", "bad request", R"(stream '{app="zzz"}' has 16 label names)", R"(stream '{app="a)",
       "stream '{",
       R"(entry for stream '{app="a"}' has timestamp too old: 2023-11-14T22:13:15Z, oldest acceptable timestamp is: 2000-01-01T00:00:00Z)"}) {
    EXPECT_FALSE(isolate(encoded(kRows), {400, {}, body})) << body;
  }
  EXPECT_FALSE(isolate(encoded({{"x", 1, "a"}}), {400, {}, R"(stream '{app="a"}' is bad)"}));
}

TEST(Describe, shows_the_stream_and_the_beginning_of_the_line) {
  EXPECT_EQ(describe(encoded({{"a\nb\x1b[31m", 1, "x"}})), R"({app="x"} a\x0ab\x1b[31m)");
  EXPECT_EQ(describe(encoded({{std::string(99, 'x') + "\xC3\xA4yz", 1, "x"}})),
            R"({app="x"} )" + std::string(99, 'x') + "...");
}

TEST(Split, malformed_bytes_are_survived) {
  const Encoded parent = encoded(kRows);
  for (std::size_t cut = 0; cut < parent.body.size(); ++cut) {
    Encoded broken = parent;
    broken.body.resize(cut);
    split(broken);
    isolate(broken, {400, {}, R"(stream '{app="a"}')"});
    describe(broken);
  }
}

}  // namespace
}  // namespace plugins::sinks::loki
