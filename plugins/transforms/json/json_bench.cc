#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "bench/support/allocations.h"
#include "bench/support/log_lines.h"
#include "pipeline/codec/json.h"
#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::json {

void register_plugin(pipeline::Registry& registry);

namespace {

constexpr std::size_t kLines = 1000;

struct Input {
  Input() {
    bench::LogLines source;
    for (std::size_t i = 0; i < kLines; ++i) {
      std::string line;
      source.append(line);
      line.pop_back();
      bytes += line.size();
      lines.push_back(std::move(line));
    }
  }
  std::vector<std::string> lines;
  std::size_t bytes = 0;
};

const Input& input() {
  static const Input made;
  return made;
}

// The transform over a batch of 1,000 lines, with the fields that a sink behind it reads.
void transform(benchmark::State& state, const char* yaml, std::vector<std::string_view> fields,
               bool all) {
  testkit::Rig rig({register_plugin});
  if (!rig.add(yaml)) {
    state.SkipWithError(rig.errors().c_str());
    return;
  }
  for (const std::string_view field : fields) rig.plan.read(field);
  if (all) rig.read_all();
  const auto batch = rig.batch(input().lines);
  rig.apply(*batch);  // columns and scratch memory get their size
  bench::Throughput throughput(state);
  for (auto _ : state) {
    rig.apply(*batch);
    benchmark::ClobberMemory();
  }
  throughput.per_iteration(kLines, input().bytes);
}

BENCHMARK_CAPTURE(transform, three_fields, "json", {"ts", "level", "service"}, false);
BENCHMARK_CAPTURE(transform, one_missing, "json", {"ts", "level", "absent"}, false);
BENCHMARK_CAPTURE(transform, on_error_drop, "json: {on_error: drop}", {"ts", "level"}, false);
BENCHMARK_CAPTURE(transform, strict, "json: {strict: true}", {"ts", "level"}, false);
BENCHMARK_CAPTURE(transform, every_field, "json", {"ts"}, true);
BENCHMARK_CAPTURE(transform, no_field, "json", {}, false);

// What the scanner is measured against: simdjson's On-Demand for the same three fields.
void simdjson_three_fields(benchmark::State& state) {
  testkit::Rig rig({register_plugin});
  const auto batch = rig.batch(input().lines);
  simdjson::ondemand::parser parser;
  bench::Throughput throughput(state);
  for (auto _ : state) {
    for (const std::string_view line : batch->body) {
      const simdjson::padded_string_view padded(line.data(), line.size(),
                                                line.size() + simdjson::SIMDJSON_PADDING);
      auto document = parser.iterate(padded);
      auto object = document.get_object();
      benchmark::DoNotOptimize(object.find_field("ts").raw_json_token());
      benchmark::DoNotOptimize(object.find_field("level").raw_json_token());
      benchmark::DoNotOptimize(object.find_field("service").raw_json_token());
    }
  }
  throughput.per_iteration(kLines, input().bytes);
}
BENCHMARK(simdjson_three_fields);

}  // namespace
}  // namespace plugins::transforms::json
