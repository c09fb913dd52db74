#include "plugins/sources/demo/demo_source.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/base/notifier.h"
#include "pipeline/expr/label_setter.h"

namespace plugins::sources::demo {

using pipeline::Instant;
using pipeline::LogBatch;
using pipeline::Nanoseconds;
using pipeline::Output;
using pipeline::Part;
using pipeline::Result;
using pipeline::Task;
namespace asio = boost::asio;

namespace {

// Lines come in bursts of this length, or one by one where the rate is lower.
constexpr std::chrono::milliseconds kBurst{20};
// Lines in one batch, at most.
constexpr std::uint64_t kMostLines = 4096;
// More than this is not made up for when the output held lines back.
constexpr std::chrono::milliseconds kMostDebt{100};

}  // namespace

DemoSource::DemoSource(Config config, const pipeline::SourceContext& context)
    : config_(std::move(config)), context_(context), generator_(config_.seed, config_.format) {}

Task<Result<>> DemoSource::run(Output& out) {
  co_await asio::this_coro::throw_if_cancelled(false);
  prepare_partition();
  Instant due = context_.clock.now();
  while (config_.count == 0 || generator_.sequence() < config_.count) {
    Task<bool> asking = pipeline::is_cancelled();
    const bool is_stopped = co_await std::move(asking);
    if (is_stopped) break;
    const Instant now = context_.clock.now();
    if (now < due) {
      Task<> waiting = context_.clock.sleep_until(due);
      co_await std::move(waiting);
      continue;
    }
    if (now - due > kMostDebt) due = now - kMostDebt;
    const double per_burst = config_.rate.per_second * std::chrono::duration<double>(kBurst).count();
    std::uint64_t lines =
        std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::llround(per_burst)), 1, kMostLines);
    if (config_.count != 0) lines = std::min(lines, config_.count - generator_.sequence());
    due += std::chrono::duration_cast<Instant::duration>(
        std::chrono::duration<double>(static_cast<double>(lines) / config_.rate.per_second));
    pipeline::Batch batch = make_batch(lines, now);
    const std::size_t lane = out.lane_of(*partition_);
    Task<Result<>> pushing = out.push(std::move(batch), lane);
    const Result<> pushed = co_await std::move(pushing);
    if (!pushed) break;
  }
  co_return Result<>{};
}

std::unique_ptr<LogBatch> DemoSource::make_batch(std::uint64_t lines, Instant began) {
  auto batch = std::make_unique<LogBatch>();
  const std::uint64_t begin = generator_.sequence();
  batch->body.reserve(lines);
  batch->time.reserve(lines);
  batch->offset.reserve(lines);
  batch->labels.reserve(lines);
  const std::uint32_t labels = batch->label_index(labels_);
  latest_ = std::max(latest_ + 1, context_.clock.unix_now());
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < lines; ++i) {
    scratch_.clear();
    generator_.next(latest_, scratch_);
    batch->append(batch->frame.arena.copy(scratch_), latest_, static_cast<std::uint32_t>(i), labels);
    bytes += scratch_.size() + 1;
    ++latest_;
  }
  Part part;
  part.rows = static_cast<std::uint32_t>(lines);
  part.partition = partition_;
  part.begin = begin;  // positions are sequence numbers
  batch->frame.parts.push_back(std::move(part));
  batch->frame.live.reset(batch->rows());
  batch->frame.read_at = began;
  batch->frame.raw_bytes = bytes;
  return batch;
}

void DemoSource::prepare_partition() {
  partition_ = new pipeline::Partition(
      config_.seed, {{"source", context_.source}, {"host.name", context_.host_name}});
  labels_ = pipeline::LabelSet::empty();
  if (config_.labels.empty()) return;
  LogBatch one;
  one.append("", 0, 0, one.label_index(labels_));
  Part part;
  part.rows = 1;
  part.partition = partition_;
  one.frame.parts.push_back(std::move(part));
  one.frame.live.reset(1);
  one.frame.source = std::make_shared<const std::string>(context_.source);
  pipeline::FieldPlan fields;
  pipeline::LabelSetter labels(config_.labels, pipeline::LabelMode::overwrite);
  labels.bind(fields, context_.host_name);
  one.bind(fields);
  labels.apply(one);
  labels_ = one.label_sets[one.labels[0]];
}

}  // namespace plugins::sources::demo
