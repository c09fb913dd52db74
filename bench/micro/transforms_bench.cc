// Transforms as a pipeline runs them: made from YAML through the registry, over chunks of log
// lines. What a step needs from the steps before it (json) runs outside of the measured time.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/micro/batches.h"
#include "bench/support/allocations.h"
#include "pipeline/component/registry.h"
#include "pipeline/config/yaml.h"
#include "plugins/all_plugins.h"

namespace bench {
namespace {

using namespace pipeline;

struct Step {
  const char* plugin;
  const char* options;  // YAML
};

class Steps {
 public:
  explicit Steps(const std::vector<Step>& steps, const std::vector<const char*>& demanded) {
    plugins::register_all(registry_);
    for (const char* field : demanded) plan_.read(field);
    for (const Step& step : steps) {
      Diagnostics diagnostics;
      Substitution substitution(fs_);
      DecodeContext decoding(diagnostics, substitution);
      auto node = parse_yaml(std::make_shared<SourceText>("bench", step.options), diagnostics);
      const Registry::TransformPlugin* plugin = registry_.transform(step.plugin);
      const auto config = plugin->decode(node.value_or(Node{}), decoding);
      if (config == nullptr) {
        error_ = diagnostics.to_text();
        return;
      }
      const TransformContext context{
          {"pipeline/bench/step", log_, clock_, fs_, meters_, scope_, "box"},
          plan_,
          0,
          Signal::logs};
      auto made = plugin->make(config, context);
      if (!made) {
        error_ = made.error().message();
        return;
      }
      transforms_.push_back(std::move(std::get<std::unique_ptr<LogTransform>>(*made)));
    }
  }

  const std::string& error() const { return error_; }
  const FieldPlan& plan() const { return plan_; }
  std::vector<std::unique_ptr<LogTransform>>& transforms() { return transforms_; }

 private:
  NullLog log_;
  SystemClock clock_;
  SystemFileSystem fs_;
  Meters meters_;
  MeterScope scope_ = meters_.scope();
  Registry registry_;
  FieldPlan plan_;
  std::vector<std::unique_ptr<LogTransform>> transforms_;
  std::string error_;
};

// Measures the last step.
void run(benchmark::State& state, const std::vector<Step>& list,
         const std::vector<const char*>& demanded = {}) {
  Steps steps(list, demanded);
  if (!steps.error().empty()) return state.SkipWithError(steps.error().c_str());
  std::size_t size = 0;
  const ChunkRef chunk = chunk_of_lines(size);
  LogBatch batch;
  auto& transforms = steps.transforms();
  const auto prepare = [&] {
    fill(batch, chunk, size, steps.plan());
    for (std::size_t i = 0; i + 1 < transforms.size(); ++i) transforms[i]->apply(batch);
  };
  for (int i = 0; i < 8; ++i) {
    prepare();
    transforms.back()->apply(batch);
  }
  std::uint64_t made = 0;
  const std::uint64_t records = batch.rows();
  for (auto _ : state) {
    state.PauseTiming();
    prepare();
    const std::uint64_t before = allocations();
    state.ResumeTiming();
    transforms.back()->apply(batch);
    made += allocations() - before;
  }
  const auto total =
      static_cast<std::int64_t>(records) * static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(total);
  state.SetBytesProcessed(static_cast<std::int64_t>(size) *
                          static_cast<std::int64_t>(state.iterations()));
  state.counters["allocs_per_record"] = static_cast<double>(made) / static_cast<double>(total);
}

void json_three_fields(benchmark::State& state) {
  run(state, {{"json", "{}"}}, {"ts", "level", "service"});
}
void timestamp_rfc3339(benchmark::State& state) {
  run(state, {{"json", "{}"}, {"timestamp", "{field: ts, format: rfc3339}"}});
}
void labels_two_fields(benchmark::State& state) {
  run(state, {{"json", "{}"}, {"labels", "[level, service]"}});
}
void drop_by_level(benchmark::State& state) {
  run(state, {{"json", "{}"}, {"drop", "'level == \"debug\"'"}});
}
void drop_by_pattern(benchmark::State& state) {
  run(state, {{"json", "{}"}, {"drop", "'msg =~ \"timeout|refused\" and status >= 500'"}});
}
BENCHMARK(json_three_fields);
BENCHMARK(timestamp_rfc3339);
BENCHMARK(labels_two_fields);
BENCHMARK(drop_by_level);
BENCHMARK(drop_by_pattern);

}  // namespace
}  // namespace bench
