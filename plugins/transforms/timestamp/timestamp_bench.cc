#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/support/allocations.h"
#include "tests/support/testkit/testkit.h"

namespace plugins::transforms::timestamp {

void register_plugin(pipeline::Registry& registry);

namespace {

constexpr std::size_t kLines = 1000;

void transform(benchmark::State& state, const char* yaml, const char* text) {
  testkit::Rig rig({register_plugin});
  if (!rig.add(yaml)) {
    state.SkipWithError(rig.errors().c_str());
    return;
  }
  const auto batch = rig.batch(std::vector<std::string>(kLines, text));
  auto& column = batch->field_for_write(rig.plan.find("ts"));
  for (std::size_t row = 0; row < kLines; ++row)
    column[row] = pipeline::Value::string(batch->body[row]);
  bench::Throughput throughput(state);
  for (auto _ : state) {
    rig.apply(*batch);
    benchmark::ClobberMemory();
  }
  throughput.per_iteration(kLines, kLines * std::string_view(text).size());
}

BENCHMARK_CAPTURE(transform, rfc3339, "timestamp: {field: ts}", "2026-01-02T03:04:05.678901Z");
BENCHMARK_CAPTURE(transform, unix_ms, "timestamp: {field: ts, format: unix_ms}", "1767323045678");
BENCHMARK_CAPTURE(transform, apache, "timestamp: {field: ts, format: '%d/%b/%Y:%H:%M:%S %z'}",
                  "02/Jan/2026:03:04:05 +0100");

}  // namespace
}  // namespace plugins::transforms::timestamp
