#include "pipeline/expr/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/expr/test_batch.h"

namespace pipeline {
namespace {

using expr::Fields;
using expr::FixedClock;

constexpr UnixNanos kSecond = 1'000'000'000;
// 2026-01-02T03:04:05Z
constexpr UnixNanos kNow = 1767323045 * kSecond;

const Fields& record() {
  static const Fields fields = {
      {"level", Value::string("error")},
      {"msg", Value::string("Connection refused by 10.1.2.3")},
      {"status", Value::number("502")},
      {"code", Value::string("502")},
      {"ratio", Value::number("0.25")},
      {"big", Value::number("9007199254740993")},
      {"took", Value::string("1.2s")},
      {"slow", Value::string("1h30m")},
      {"pg", Value::string("12.3 ms")},
      {"bytes", Value::string("10MiB")},
      {"plain", Value::number("2048")},
      {"sampled", {ValueType::boolean, "true"}},
      {"debug", {ValueType::boolean, "false"}},
      {"yes", Value::string("true")},
      {"word", Value::string("n/a")},
      {"empty", Value::string("")},
      {"nothing", {ValueType::null, "null"}},
      {"obj", {ValueType::json, R"({"a":1})"}},
      {"ip", Value::string("10.1.2.3")},
      {"peer", Value::string("10.1.2.3:443")},
      {"ip6", Value::string("2001:db8::7")},
      {"when", Value::string("2026-01-02T03:00:00Z")},
      {"a.b[0]", Value::string("deep")},
      {R"(a["x/y"])", Value::string("odd")},
      {"$stream", Value::string("stderr")},
      {"$syslog.app", Value::string("sshd")},
  };
  return fields;
}

struct Outcome {
  bool holds = false;
  std::uint64_t failures = 0;
  std::string errors;
};

// Evaluates for one record.
Outcome evaluate(const std::string& text) {
  auto condition = Condition::compile(text);
  if (!condition) {
    Outcome outcome;
    for (const Problem& problem : condition.error()) outcome.errors += problem.message + "\n";
    return outcome;
  }
  FieldPlan plan;
  condition->bind(plan, "node-1");
  LogBatch batch;
  batch.label_sets.push_back(LabelSet::make({{"app", "shop"}, {"env", "prod"}}));
  expr::fill(batch, plan, {record()}, {{"file.path", "/var/log/x.log"}});
  batch.label_sets = {LabelSet::make({{"app", "shop"}, {"env", "prod"}})};
  batch.time[0] = kNow - 60 * kSecond;
  batch.body[0] = "GET /healthz 200";
  batch.metadata_for_write("trace_id")[0] = "abc";
  batch.frame.source = std::make_shared<const std::string>("app");
  const FixedClock clock(kNow);
  EvalContext context(clock);
  Selection out;
  condition->evaluate(batch, batch.frame.live, out, context);
  return {out.test(0), context.conversion_failures, ""};
}

struct Case {
  const char* text;
  bool holds;
  std::uint64_t failures = 0;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Outcome outcome = evaluate(c.text);
    EXPECT_EQ(outcome.errors, "") << c.text;
    EXPECT_EQ(outcome.holds, c.holds) << c.text;
    EXPECT_EQ(outcome.failures, c.failures) << c.text;
  }
}

TEST(Condition, ComparesText) {
  expect_all({
      {R"(level == "error")", true},    {R"(level == `error`)", true},
      {R"("error" == level)", true},    {R"(level == "Error")", false},
      {R"(level == "err")", false},     {R"(level != "error")", false},
      {R"(level != "info")", true},     {R"(empty == "")", true},
      {R"(empty != "")", false},        {R"(status == "502")", true},
      {R"(sampled == "true")", true},   {R"(obj == "{\"a\":1}")", true},
      {R"(level < "f")", true},         {R"(level > "f")", false},
      {R"("f" > level)", true},         {R"(level <= "error")", true},
      {R"(a.b[0] == "deep")", true},    {R"(["a"].b[0] == "deep")", true},
      {R"(a["b"][0] == "deep")", true}, {R"(a["x/y"] == "odd")", true},
  });
}

TEST(Condition, MissingEqualsNothing) {
  for (const char* name : {"gone", "nothing"}) {
    const std::string n = name;
    for (const char* rest :
         {R"( == "x")", R"( == "")", " == 1", " == true", " == false", " < 1", " <= 1", " > 1",
          " >= 1", R"( < "x")", " > 1s", " > 1KiB", R"( =~ ".*")", R"( =~ "")", R"( in ["x", ""])",
          " in [1, true]", " == gone2", " == level", " < now()"}) {
      EXPECT_FALSE(evaluate(n + rest).holds) << n << rest;
      EXPECT_EQ(evaluate(n + rest).errors, "") << n << rest;
      EXPECT_EQ(evaluate(n + rest).failures, 0u) << n << rest;
    }
    for (const char* rest : {R"( != "x")", R"( != "")", " != 1", " != true", R"( !~ ".*")",
                             R"( not in ["x"])", " not in [1]", " != gone2", " != level"}) {
      EXPECT_TRUE(evaluate(n + rest).holds) << n << rest;
    }
    EXPECT_FALSE(evaluate("exists(" + n + ")").holds);
    EXPECT_FALSE(evaluate(n).holds);
    EXPECT_TRUE(evaluate("not " + n).holds);
    EXPECT_FALSE(evaluate("contains(" + n + ", \"\")").holds);
    EXPECT_FALSE(evaluate("lower(" + n + ") == \"\"").holds);
    EXPECT_FALSE(evaluate("len(" + n + ") >= 0").holds);
    EXPECT_TRUE(evaluate("len(" + n + ") != 0").holds);
    EXPECT_FALSE(evaluate("cidr(" + n + ", \"::/0\")").holds);
  }
}

TEST(Condition, NumbersConvertAndWhatDoesNotIsMissing) {
  expect_all({
      {"status >= 500", true},
      {"code >= 500", true},
      {"500 <= code", true},
      {"status == 502", true},
      {"status == 502.0", true},
      {"status != 502", false},
      {"status < 502", false},
      {"ratio == 0.25", true},
      {"ratio < 1e-1", false},
      {"big == 9007199254740993", true},
      {"big == 9007199254740992", false},
      {"status > -5", true},
      {"word >= 500", false, 1},
      {"word != 500", true, 1},
      {"word < 500", false, 1},
      {"empty == 0", false, 1},
      {"obj > 0", false, 1},
      {"sampled == 1", false, 1},
      {"status in [500, 502]", true},
      {"status not in [500, 502]", false},
      {"code in [500, 502]", true},
      {"word in [500, 502]", false, 1},
      {"word not in [1]", true, 1},
  });
}

TEST(Condition, DurationsAndSizesConvert) {
  expect_all({
      {"took > 500ms", true},
      {"took > 1200ms", false},
      {"took == 1200ms", true},
      {"took >= 1s", true},
      {"slow == 90m", true},
      {"pg < 13ms", true},
      {"took < 1m", true},
      {"word > 1s", false, 1},
      {"plain > 1s", false, 1},
      {"bytes == 10MiB", true},
      {"bytes > 10MB", true},
      {"plain == 2KiB", true},
      {"word > 1B", false, 1},
      {"took in [1200ms]", true},
      {"bytes in [10MiB, 1B]", true},
      {"-1s < took", true},
      {"word != 1s", true, 1},
  });
}

TEST(Condition, BooleansAndBareNames) {
  expect_all({
      {"sampled", true},
      {"debug", false},
      {"yes", true},
      {"not debug", true},
      {"sampled == true", true},
      {"sampled != true", false},
      {"debug == false", true},
      {"yes == true", true},
      {"word", false, 1},
      {"word == true", false, 1},
      {"word != true", true, 1},
      {"not word", true, 1},
      {"true", true},
      {"false", false},
      {"not false", true},
      {"true and sampled", true},
      {"sampled and status == 502", true},
      {"sampled in [true]", true},
      {"sampled in [false]", false},
  });
}

TEST(Condition, ListsMayMix) {
  expect_all({
      {R"(status in [500, "502"])", true},
      {R"(level in ["warn", "error"])", true},
      {R"(level in["warn", "error"])", true},
      {R"(level in ["warn", "error",])", true},
      {R"(level not in ["warn"])", true},
      {R"(level in ["warn", 5])", false},
      {R"(level in ["a","b","c","d","e","f","g","h","i","j","k","l","m","error"])", true},
      {R"(level in ["a","b","c","d","e","f","g","h","i","j","k","l","m","errox"])", false},
      {R"(lower(level) in ["error"])", true},
      {"len(level) in [4, 5]", true},
      {"len(level) in [4, 6]", false},
      {"took in [5, 1200ms]", true},
  });
}

TEST(Condition, SearchIsUnanchored) {
  expect_all({
      {R"(msg =~ "refused")", true},
      {R"(msg =~ "timeout|refused")", true},
      {R"(msg =~ "^refused")", false},
      {R"(msg =~ "^Connection")", true},
      {R"(msg =~ `\d+\.\d+`)", true},
      {R"(msg =~ "\\d+\\.\\d+")", true},
      {R"(msg !~ "timeout")", true},
      {R"(msg !~ "refused")", false},
      {R"(msg =~ "(?i)REFUSED")", true},
      {R"(empty =~ "^$")", true},
      {R"(status =~ "^5..$")", true},
      {R"(lower(msg) =~ "connection")", true},
      {R"(msg =~ "")", true},
      {R"($body =~ "healthz")", true},
  });
}

TEST(Condition, Functions) {
  expect_all({
      {"exists(level)", true},
      {"exists(empty)", true},
      {"exists($stream)", true},
      {"exists($error)", false},
      {"exists($time)", true},
      {"len(level) == 5", true},
      {"len(level) > 5", false},
      {"5 == len(level)", true},
      {"len($body) < 1KiB", true},
      {"len(lower(level)) == 5", true},
      {R"(lower(msg) == "connection refused by 10.1.2.3")", true},
      {R"(contains(msg, "refused"))", true},
      {R"(contains(msg, "x", "by"))", true},
      {R"(contains(msg, "x"))", false},
      {R"(contains(lower(msg), "connection"))", true},
      {R"(starts_with(msg, "Conn"))", true},
      {R"(starts_with(msg, "onn"))", false},
      {R"(ends_with(msg, "2.3", "z"))", true},
      {R"(ends_with(msg, "2."))", false},
      {R"(cidr(ip, "10.0.0.0/8"))", true},
      {R"(cidr(ip, "10.1.2.2/31"))", true},
      {R"(cidr(ip, "10.1.2.4/31"))", false},
      {R"(cidr(ip, "192.168.0.0/16", "10.1.2.3"))", true},
      {R"(cidr(peer, "10.0.0.0/8"))", true},
      {R"(cidr(ip6, "2001:db8::/32"))", true},
      {R"(cidr(ip6, "10.0.0.0/8"))", false},
      {R"(cidr(ip, "::/0"))", true},
      {R"(cidr(word, "10.0.0.0/8"))", false, 1},
      {"$time < now()", true},
      {"$time > now(-30s)", false},
      {"$time > now(-90s)", true},
      {"now() > $time", true},
      {R"($time > "2026-01-02T03:00:00Z")", true},
      {R"($time == "2026-01-02T04:03:05+01:00")", true},
      {R"("2027-01-01T00:00:00Z" > $time)", true},
      {"when < now()", true},
      {"when > now(-1m)", false},
      {"word < now()", false, 1},
      {R"(len == "x")", false},
      {R"(exists(len))", false},
  });
}

TEST(Condition, TwoFields) {
  expect_all({
      {"status == code", true},
      {"status != code", false},
      {"level == msg", false},
      {"level < msg", false},
      {"msg < level", true},
      {"ratio < status", true},
      {"plain > code", true},
      {"lower(level) == level", true},
      {"lower(msg) == lower(msg)", true},
      {"msg == lower(msg)", false},
      {"ip == peer", false},
  });
}

TEST(Condition, NamesThatTheAgentKnows) {
  expect_all({
      {R"($body == "GET /healthz 200")", true},
      {R"($label.app == "shop")", true},
      {R"($label.app != "shop")", false},
      {R"($label.gone == "")", false},
      {R"($meta.trace_id == "abc")", true},
      {"exists($meta.gone)", false},
      {R"($stream == "stderr")", true},
      {R"($file.path == "/var/log/x.log")", true},
      {"exists($file.dir)", false},
      {R"($syslog.app == "sshd")", true},
      {R"($source == "app")", true},
      {R"($signal == "logs")", true},
      {R"($host.name == "node-1")", true},
      {"exists($tenant)", false},
      {R"($label.app in ["a", "shop"])", true},
      {R"(ends_with($file.path, ".log"))", true},
      {R"($host.name != "node-1")", false},
      {"$label.app > 5", false, 1},
      {"$file.path > 5", false, 1},
  });
}

TEST(Condition, PrecedenceIsNotAndOr) {
  const char* const kValues[] = {"sampled", "debug"};  // true, false
  for (const char* a : kValues) {
    for (const char* b : kValues) {
      for (const char* c : kValues) {
        const bool x = a == kValues[0];
        const bool y = b == kValues[0];
        const bool z = c == kValues[0];
        const auto text = [&](std::string pattern) {
          for (char& ch : pattern) (void)ch;
          std::string out;
          for (const char ch : pattern) {
            if (ch == 'A')
              out += a;
            else if (ch == 'B')
              out += b;
            else if (ch == 'C')
              out += c;
            else
              out += ch;
          }
          return out;
        };
        EXPECT_EQ(evaluate(text("A or B and C")).holds, x || (y && z));
        EXPECT_EQ(evaluate(text("A and B or C")).holds, (x && y) || z);
        EXPECT_EQ(evaluate(text("not A or B")).holds, !x || y);
        EXPECT_EQ(evaluate(text("not A and B")).holds, !x && y);
        EXPECT_EQ(evaluate(text("not (A and B)")).holds, !(x && y));
        EXPECT_EQ(evaluate(text("not not A")).holds, x);
        EXPECT_EQ(evaluate(text("(A or B) and C")).holds, (x || y) && z);
        EXPECT_EQ(evaluate(text("not A == true and B or C")).holds, (!x && y) || z);
        EXPECT_EQ(evaluate(text("A or B or C")).holds, x || y || z);
        EXPECT_EQ(evaluate(text("A and B and C")).holds, x && y && z);
      }
    }
  }
}

TEST(Condition, OnlyRowsOfTheInputAreAsked) {
  auto condition = Condition::compile("n >= 2 or not exists(n)");
  ASSERT_TRUE(condition);
  FieldPlan plan;
  condition->bind(plan);
  std::vector<Fields> rows;
  const std::vector<std::string> numbers = {"0", "1", "2", "3", "x", "5"};
  for (const std::string& number : numbers) rows.push_back({{"n", Value::string(number)}});
  rows.push_back({});
  LogBatch batch;
  expr::fill(batch, plan, rows);
  Selection in;
  in.reset_none(rows.size());
  for (const std::size_t row : {1u, 3u, 6u}) in.set(row);
  const FixedClock clock;
  EvalContext context(clock);
  Selection out;
  condition->evaluate(batch, in, out, context);
  std::vector<std::size_t> held;
  out.for_each([&](std::size_t row) { held.push_back(row); });
  EXPECT_THAT(held, testing::ElementsAre(3, 6));
  EXPECT_EQ(context.conversion_failures, 0u);  // "x" was not asked
}

TEST(Condition, PartitionsAnswerForTheirRowsAndColumnsForTheRest) {
  auto condition = Condition::compile(R"($syslog.app == "cron")");
  ASSERT_TRUE(condition);
  FieldPlan plan;
  condition->bind(plan);
  LogBatch batch;
  expr::fill(batch, plan, std::vector<Fields>(6, Fields{{"$syslog.app", Value::string("cron")}}));
  batch.field_for_write(plan.find("$syslog.app"))[5] = Value::string("sshd");
  batch.frame.parts.clear();
  const auto part = [&](std::uint32_t first, std::uint32_t rows,
                        std::vector<std::pair<std::string, std::string>> attributes) {
    Part p;
    p.first_row = first;
    p.rows = rows;
    p.partition = PartitionRef(new Partition(first, std::move(attributes)));
    batch.frame.parts.push_back(std::move(p));
  };
  part(0, 2, {{"syslog.app", "kernel"}});
  part(2, 2, {{"syslog.app", "cron"}});
  part(4, 2, {});
  const FixedClock clock;
  EvalContext context(clock);
  Selection out;
  condition->evaluate(batch, batch.frame.live, out, context);
  std::vector<std::size_t> held;
  out.for_each([&](std::size_t row) { held.push_back(row); });
  EXPECT_THAT(held, testing::ElementsAre(2, 3, 4));
}

TEST(Condition, CopiesShareTheProgramAndKeepTheirBinding) {
  auto condition = Condition::compile(R"(level == "error")");
  ASSERT_TRUE(condition);
  FieldPlan plan;
  condition->bind(plan);
  Condition copy = *condition;
  LogBatch batch;
  expr::fill(batch, plan, {record()});
  const FixedClock clock;
  EvalContext context(clock);
  Selection out;
  copy.evaluate(batch, batch.frame.live, out, context);
  EXPECT_TRUE(out.test(0));
  EXPECT_EQ(copy.text(), R"(level == "error")");
  ASSERT_EQ(copy.mentions().size(), 1u);
  EXPECT_EQ(copy.mentions()[0].name, "level");
  EXPECT_EQ(plan.size(), 1u);
  EXPECT_TRUE(plan.is_read(0));
}

TEST(Condition, DefaultHoldsForEveryRecordAndConstantsAreKnown) {
  Condition always;
  EXPECT_TRUE(always.is_constant());
  LogBatch batch;
  FieldPlan plan;
  expr::fill(batch, plan, {record(), record()});
  const FixedClock clock;
  EvalContext context(clock);
  Selection out;
  always.evaluate(batch, batch.frame.live, out, context);
  EXPECT_EQ(out.count(), 2u);
  EXPECT_TRUE(Condition::compile("true or level == \"x\"")->is_constant());
  EXPECT_TRUE(Condition::compile("not true")->is_constant());
  EXPECT_FALSE(Condition::compile("true and level == \"x\"")->is_constant());
}

}  // namespace
}  // namespace pipeline
