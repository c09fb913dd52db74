// Bytes of a file into rows.
#include <benchmark/benchmark.h>

#include "bench/micro/batches.h"
#include "bench/support/allocations.h"
#include "plugins/sources/file/framing.h"

namespace bench {
namespace {

void file_split(benchmark::State& state) {
  namespace file = plugins::sources::file;
  std::size_t size = 0;
  const pipeline::ChunkRef chunk = chunk_of_lines(size);
  pipeline::LogBatch batch;
  std::vector<std::uint32_t> truncated;
  const auto split = [&] {
    batch.clear();
    return file::frame_lines({chunk->data(), size}, file::Resume::line, file::Framing{}, false,
                             batch, truncated)
        .rows;
  };
  const std::uint64_t records = split();
  Throughput throughput(state);
  for (auto _ : state) benchmark::DoNotOptimize(split());
  throughput.per_iteration(records, size);
}
BENCHMARK(file_split);

}  // namespace
}  // namespace bench
