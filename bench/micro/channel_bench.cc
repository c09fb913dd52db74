// One hand-over of a batch to a lane and back, on one thread: what a batch pays for its queue.
#include <benchmark/benchmark.h>

#include "bench/micro/batches.h"
#include "bench/support/allocations.h"
#include "pipeline/flow/channel.h"

namespace bench {
namespace {

void channel_hand_over(benchmark::State& state) {
  std::size_t size = 0;
  const pipeline::ChunkRef chunk = chunk_of_lines(size);
  auto batch = std::make_unique<pipeline::LogBatch>();
  fill(*batch, chunk, size, pipeline::FieldPlan());
  const std::uint64_t records = batch->rows();
  pipeline::Channel<std::unique_ptr<pipeline::LogBatch>> channel;
  Throughput throughput(state);
  for (auto _ : state) {
    channel.push(std::move(batch), size);
    batch = std::move(*channel.try_pop());
  }
  throughput.per_iteration(records, size);
}
BENCHMARK(channel_hand_over);

}  // namespace
}  // namespace bench
