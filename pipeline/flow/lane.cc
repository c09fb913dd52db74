#include "pipeline/flow/lane.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace pipeline {
namespace {

// What one batch changes in the books of the pipelines that it passes, posted in one go.
struct Tally {
  struct Line {
    Ledger::Id account = 0;
    std::uint64_t in = 0;
    std::uint64_t created = 0;
    std::uint64_t forwarded = 0;
    std::uint64_t dropped = 0;
    std::uint64_t overflow = 0;
  };
  std::vector<Line> lines;

  Line& of(Ledger::Id account) {
    for (Line& line : lines)
      if (line.account == account) return line;
    lines.push_back({account});
    return lines.back();
  }
};

}  // namespace

struct Lane::Impl {
  Impl(Executor on, Parts from)
      : strand(std::move(on)), parts(std::move(from)), evaluation(parts.clock) {}

  void process(Admitted& admitted);
  void run_node(LaneNode& node, Batch& batch, Tally& tally);
  void run_stages(LaneNode& node, Batch& batch, Tally::Line& line);
  void forward(LaneNode& node, LaneEdge& edge, Batch& batch, const Selection& rows, bool is_last,
               Tally& tally);
  Instant flush_due() {
    Instant next = Instant::max();
    const Instant now = parts.clock.now();
    for (auto& sink : parts.sinks) next = std::min(next, sink->flush_due(now));
    return next;
  }

  Executor strand;
  Parts parts;
  Channel<std::unique_ptr<Admitted>> queue;
  std::atomic<bool> flush_wanted{false};
  std::atomic<std::uint64_t> batches{0};
  EvalContext evaluation;
  // Scratch selections, reused from batch to batch.
  Selection before, matching, result, rest;
};

Lane::Lane(Executor strand, Parts parts)
    : impl_(std::make_unique<Impl>(std::move(strand), std::move(parts))) {}
Lane::~Lane() = default;

bool Lane::submit(std::unique_ptr<Admitted> batch) {
  impl_->batches.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t bytes = frame_of(batch->batch).raw_bytes;
  if (impl_->queue.push(std::move(batch), bytes)) return true;
  impl_->batches.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Lane::request_flush() {
  if (!impl_->flush_wanted.exchange(true, std::memory_order_acq_rel)) impl_->queue.wake().notify();
}

std::uint64_t Lane::queued_bytes() const noexcept { return impl_->queue.bytes(); }
std::uint64_t Lane::load() const noexcept { return impl_->batches.load(std::memory_order_relaxed); }
void Lane::stop() { impl_->queue.close(); }

Task<> Lane::run() {
  Impl& lane = *impl_;
  for (;;) {
    const std::uint64_t seen = lane.queue.wake().epoch();
    std::optional<std::unique_ptr<Admitted>> next = lane.queue.try_pop();
    if (next) {
      const std::unique_ptr<Admitted> admitted = std::move(*next);
      next.reset();
      lane.process(*admitted);
      const Nanoseconds pause = frame_of(admitted->batch).pause;
      lane.batches.fetch_sub(1, std::memory_order_relaxed);
      lane.flush_due();
      if (pause > Nanoseconds{0}) {
        Task<> sleeping = lane.parts.clock.sleep_for(pause);
        co_await std::move(sleeping);
      }
      continue;
    }
    if (lane.flush_wanted.exchange(false, std::memory_order_acq_rel)) {
      for (auto& sink : lane.parts.sinks) sink->flush();
    }
    if (lane.queue.is_closed() && lane.queue.is_empty()) break;
    const Instant due = lane.flush_due();
    Task<> waiting = lane.queue.wake().wait_until(seen, due, lane.parts.clock);
    co_await std::move(waiting);
  }
  for (auto& sink : lane.parts.sinks) sink->flush();
}

void Lane::Impl::process(Admitted& admitted) {
  Tally tally;
  if (auto* logs = std::get_if<std::unique_ptr<LogBatch>>(&admitted.batch)) (*logs)->bind(parts.fields);
  const std::uint64_t rows = admitted.ticket.records();
  // The gate lets in what the pipeline takes, so there is a tree for this signal.
  run_node(*parts.roots[admitted.batch.index()], admitted.batch, tally);
  {
    Ledger::Posting posting(parts.ledger);
    for (const Tally::Line& line : tally.lines) {
      Account& account = posting[line.account];
      account.in += line.in;
      account.created += line.created;
      account.forwarded += line.forwarded;
      account.dropped += line.dropped;
      account.lose(LossReason::overflow, line.overflow);
    }
    admitted.ticket.release(posting[admitted.ticket.id()], rows);
  }
  // Requests hold their own references; a part none of whose rows was forwarded ends here.
  for (Part& part : frame_of(admitted.batch).parts) {
    part.ack.settle(Outcome::delivered);
    if (part.partition) part.partition->unsettled.fetch_sub(1, std::memory_order_release);
  }
}

void Lane::Impl::run_node(LaneNode& node, Batch& batch, Tally& tally) {
  run_stages(node, batch, tally.of(node.account));
  Selection& live = frame_of(batch).live;
  if (live.none()) return;

  // The usual end: one sink that takes everything.
  if (node.edges.size() == 1 && !node.edges[0].when) {
    const Selection rows = live;
    forward(node, node.edges[0], batch, rows, true, tally);
    return;
  }

  Selection unrouted = live;
  std::vector<Selection> takes(node.edges.size());
  for (std::size_t i = 0; i < node.edges.size(); ++i) {
    LaneEdge& edge = node.edges[i];
    if (edge.is_else) continue;
    if (!edge.when) {
      takes[i] = live;
    } else if (auto* logs = std::get_if<std::unique_ptr<LogBatch>>(&batch)) {
      takes[i].reset_none(live.rows());
      edge.when->evaluate(**logs, live, takes[i], evaluation);
    }
    unrouted.subtract(takes[i]);
  }
  std::uint64_t copies = 0;
  std::size_t last = node.edges.size();
  for (std::size_t i = 0; i < node.edges.size(); ++i) {
    if (node.edges[i].is_else) {
      takes[i] = unrouted;
    }
    if (!takes[i].none()) last = i;
    copies += takes[i].count();
  }
  for (const LaneEdge& edge : node.edges) {
    if (edge.is_else) unrouted.reset_none(live.rows());
  }
  const std::uint64_t lost_way = unrouted.count();
  const std::uint64_t routed = live.count() - lost_way;
  Tally::Line& line = tally.of(node.account);
  line.dropped += lost_way;
  node.no_route.add(lost_way);
  // A record that takes two edges is forwarded twice: the second copy has been made here.
  line.created += copies - routed;
  for (std::size_t i = 0; i < node.edges.size(); ++i) {
    if (!takes[i].none()) forward(node, node.edges[i], batch, takes[i], i == last, tally);
  }
}

void Lane::Impl::run_stages(LaneNode& node, Batch& batch, Tally::Line& line) {
  std::visit(
      [&](auto& rows) {
        using B = typename std::decay_t<decltype(rows)>::element_type;
        Selection& live = rows->frame.live;
        std::uint64_t count = live.count();
        for (LaneStage& stage : node.stages) {
          if (count == 0) break;
          auto& transform = std::get<std::unique_ptr<TransformOf<B>>>(stage.transform);
          if (!stage.when) {
            transform->apply(*rows);
          } else if constexpr (std::is_same_v<B, LogBatch>) {
            before = live;
            matching.reset_none(live.rows());
            stage.when->evaluate(*rows, before, matching, evaluation);
            if (matching.none()) continue;
            live = matching;
            transform->apply(*rows);
            before.subtract(matching);
            live |= before;
          }
          const std::uint64_t left = live.count();
          if (left != count) {
            stage.dropped.add(count - left);
            line.dropped += count - left;
            count = left;
          }
        }
      },
      batch);
}

void Lane::Impl::forward(LaneNode& node, LaneEdge& edge, Batch& batch, const Selection& rows,
                         bool is_last, Tally& tally) {
  const std::uint64_t count = rows.count();
  if (edge.sink != nullptr) {
    const bool is_required = edge.when_full == WhenFull::block;
    Delivery& delivery = edge.sink->delivery();
    if (edge.when_full == WhenFull::drop_oldest && !delivery.has_credit()) {
      delivery.evict_oldest(LossReason::overflow);
    }
    if (edge.when_full == WhenFull::drop_newest && !delivery.has_credit()) {
      tally.of(node.account).overflow += count;
      node.overflow.add(count);
      return;
    }
    tally.of(node.account).forwarded += count;
    edge.forwarded.add(count);
    edge.sink->append(batch, rows, is_required);
    return;
  }
  tally.of(node.account).forwarded += count;
  edge.forwarded.add(count);
  tally.of(edge.pipeline->account).in += count;
  if (is_last) {
    frame_of(batch).live = rows;
    run_node(*edge.pipeline, batch, tally);
    return;
  }
  Batch copy = std::visit([](auto& original) -> Batch { return original->branch(); }, batch);
  frame_of(copy).live = rows;
  run_node(*edge.pipeline, copy, tally);
  for (Part& part : frame_of(copy).parts) part.ack.settle(Outcome::delivered);
}

}  // namespace pipeline
