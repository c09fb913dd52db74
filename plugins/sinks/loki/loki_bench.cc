#include <benchmark/benchmark.h>

#include "bench/support/allocations.h"
#include "bench/support/log_lines.h"
#include "plugins/sinks/loki/encoder.h"

namespace plugins::sinks::loki {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::size_t kRequest = 1024 * 1024;

// One chunk of lines as a file source gives them: views into the chunk, `streams` label sets.
pipeline::LogBatch chunk_of_lines(std::size_t streams, bool has_metadata) {
  pipeline::LogBatch batch;
  auto chunk = pipeline::Chunk::allocate(kChunk);
  bench::LogLines lines;
  std::string text;
  std::size_t used = 0;
  std::vector<pipeline::LabelSetRef> sets;
  for (std::size_t i = 0; i < streams; ++i)
    sets.push_back(
        pipeline::LabelSet::make({{"level", "info"}, {"service", "s" + std::to_string(i)}}));
  while (true) {
    text.clear();
    lines.append(text);
    if (used + text.size() > kChunk) break;
    std::copy(text.begin(), text.end(), chunk->data() + used);
    const auto row = batch.rows();
    batch.append({chunk->data() + used, text.size() - 1},
                 1'767'225'600'000'000'000 + static_cast<std::int64_t>(row) * 20'000, 0,
                 batch.label_index(sets[row % streams]));
    used += text.size();
  }
  batch.frame.chunks.push_back(chunk);
  batch.frame.raw_bytes = used;
  batch.frame.live.reset(batch.rows());
  if (has_metadata) {
    auto& ids = batch.metadata_for_write("trace_id");
    ids.resize(batch.rows());
    for (std::size_t row = 0; row < batch.rows(); ++row) ids[row] = batch.body[row].substr(90, 32);
  }
  return batch;
}

void encode(benchmark::State& state, bool has_metadata) {
  pipeline::NullLog log;
  pipeline::SystemClock clock;
  pipeline::SystemFileSystem fs;
  pipeline::Meters meters;
  const pipeline::MeterScope scope = meters.scope();
  const pipeline::Context context{"sink/loki", log, clock, fs, meters, scope, "box"};
  StreamGuard guard({}, context);
  PushEncoder encoder({}, {}, guard, {}, context);
  const auto batch = chunk_of_lines(static_cast<std::size_t>(state.range(0)), has_metadata);
  const auto feed = [&] {
    for (std::size_t row = 0; row < batch.rows();) {
      row = encoder.append(batch, batch.frame.live, row, batch.rows(), kRequest);
      if (encoder.bytes() >= kRequest) benchmark::DoNotOptimize(encoder.finish());
    }
  };
  for (int i = 0; i < 16; ++i) feed();
  bench::Throughput throughput(state);
  for (auto _ : state) feed();
  throughput.per_iteration(batch.rows(), batch.frame.raw_bytes);
}

void loki_encode(benchmark::State& state) { encode(state, false); }
void loki_encode_metadata(benchmark::State& state) { encode(state, true); }
BENCHMARK(loki_encode)->Arg(1)->Arg(24)->Arg(500);
BENCHMARK(loki_encode_metadata)->Arg(24);

}  // namespace
}  // namespace plugins::sinks::loki
