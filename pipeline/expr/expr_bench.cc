#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <new>
#include <string>
#include <vector>

#include "pipeline/expr/condition.h"
#include "pipeline/expr/label_setter.h"
#include "pipeline/expr/test_batch.h"
#include "pipeline/expr/text.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

// Not inlined: the compiler would take malloc and delete for a pair that does not fit.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace pipeline {
namespace {

constexpr std::size_t kRows = 4096;

// Rows as an application's JSON log gives them: views into one text, in a shuffled order.
class Records {
 public:
  void fill(LogBatch& batch, const FieldPlan& plan) {
    static const std::string_view kLevels[] = {"debug", "info", "info", "info", "warn", "error"};
    static const std::string_view kServices[] = {"checkout", "cart", "payments", "frontend"};
    std::vector<expr::Fields> rows(kRows);
    std::uint64_t random = 42;
    for (expr::Fields& row : rows) {
      random = random * 6364136223846793005 + 1442695040888963407;
      const std::uint64_t r = random >> 33;
      row.emplace_back("level", keep(kLevels[r % 6]));
      row.emplace_back("service", keep(kServices[r / 6 % 4]));
      const Value status = keep(std::to_string(200 + r % 304));
      row.emplace_back("status", Value::number(status.text()));
      row.emplace_back("took", keep(std::to_string(r % 900) + "ms"));
      row.emplace_back(
          "msg", keep("GET /api/v1/items/" + std::to_string(r) +
                      (r % 50 == 0 ? " upstream timeout after 30s" : " done, 200 bytes sent")));
    }
    expr::fill(batch, plan, rows);
  }

 private:
  Value keep(std::string_view text) {
    texts_.emplace_back(text);
    return Value::string(texts_.back());
  }
  std::deque<std::string> texts_;
};

void report(benchmark::State& state, std::uint64_t before) {
  const auto records = static_cast<double>(state.iterations()) * static_cast<double>(kRows);
  state.counters["records/s"] = benchmark::Counter(records, benchmark::Counter::kIsRate);
  state.counters["ns_per_record"] =
      benchmark::Counter(records, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["allocs_per_record"] = static_cast<double>(allocations.load() - before) / records;
}

void BM_Condition(benchmark::State& state, const char* text) {
  auto condition = Condition::compile(text);
  FieldPlan plan;
  condition->bind(plan, "node");
  Records records;
  LogBatch batch;
  records.fill(batch, plan);
  const expr::FixedClock clock;
  EvalContext context(clock);
  Selection out;
  condition->evaluate(batch, batch.frame.live, out, context);
  const std::uint64_t before = allocations.load();
  for (auto iteration : state) {
    condition->evaluate(batch, batch.frame.live, out, context);
    benchmark::DoNotOptimize(out.words().data());
  }
  report(state, before);
}
BENCHMARK_CAPTURE(BM_Condition, equal, R"(level == "debug")");
BENCHMARK_CAPTURE(BM_Condition, in_list, R"(level in ["warn", "error"])");
BENCHMARK_CAPTURE(BM_Condition, number, "status >= 500");
BENCHMARK_CAPTURE(BM_Condition, duration, "took > 500ms");
BENCHMARK_CAPTURE(BM_Condition, both, R"(level == "info" and status >= 500)");
BENCHMARK_CAPTURE(BM_Condition, contains, R"(contains(msg, "timeout"))");
BENCHMARK_CAPTURE(BM_Condition, search, R"(msg =~ "timeout|refused")");
BENCHMARK_CAPTURE(BM_Condition, partition, R"($host.name == "other")");

void BM_Labels(benchmark::State& state) {
  LabelSpec spec;
  static_cast<void>(spec.add_name("level"));
  static_cast<void>(spec.add_name("service"));
  static_cast<void>(spec.add("env", Text::literal("prod")));
  LabelSetter setter(spec, LabelMode::overwrite);
  FieldPlan plan;
  setter.bind(plan);
  Records records;
  LogBatch batch;
  records.fill(batch, plan);
  const std::vector<std::uint32_t> labels = batch.labels;
  setter.apply(batch);
  const std::uint64_t before = allocations.load();
  for (auto iteration : state) {
    batch.labels = labels;
    batch.label_sets.resize(1);
    setter.apply(batch);
    benchmark::DoNotOptimize(batch.labels.data());
  }
  report(state, before);
}
BENCHMARK(BM_Labels);

void BM_Text(benchmark::State& state) {
  auto text = Text::compile("/archive/{service|none}/{level}.log");
  FieldPlan plan;
  text->bind(plan);
  Records records;
  LogBatch batch;
  records.fill(batch, plan);
  Arena arena;
  const std::uint64_t before = allocations.load();
  for (auto iteration : state) {
    arena.clear();
    text->start(batch);
    batch.frame.live.for_each(
        [&](std::size_t row) { benchmark::DoNotOptimize(text->render(row, arena).data()); });
  }
  report(state, before);
}
BENCHMARK(BM_Text);

}  // namespace
}  // namespace pipeline
