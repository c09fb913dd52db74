#include "pipeline/flow/gate.h"

#include <algorithm>
#include <limits>
#include <mutex>

namespace pipeline {
namespace {

// The worst case of a batch from admission to the request: its chunk, its columns, the encoded body
// and the compressor's output.
constexpr std::uint64_t worst_case(std::uint64_t raw) { return raw * 7 / 2; }

// How long a wait sleeps at most before it looks again: credit and memory wake it, so this only
// bounds what a missed wake-up could cost.
constexpr std::chrono::milliseconds kLookAgain{200};

}  // namespace

struct Gate::Impl {
  explicit Impl(Parts from) : parts(std::move(from)) {}

  // Null when the batch may enter; else what it waits for.
  std::string obstacle(std::uint64_t bytes, Reservation& memory, Notifier*& wake,
                       std::uint64_t& epoch);
  void drop(Batch& batch);

  Parts parts;
  mutable std::mutex mutex;
  Behind behind;              // guarded by mutex
  bool is_shut = false;       // guarded by mutex
  bool is_closed = false;     // guarded by mutex
  std::uint32_t inside = 0;   // admitted and not yet in a lane; guarded by mutex
  std::string waiting_for;    // guarded by mutex
  Notifier changed;           // opened, attached or closed
  std::atomic<std::uint64_t> waited_ns{0};
  MeterScope scope;
  Counter overflow;
  std::array<Ledger::Id, kSignals> accounts{};
};

Gate::Gate(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {
  Impl& gate = *impl_;
  gate.scope = gate.parts.meters.scope();
  for (std::size_t i = 0; i < kSignals; ++i)
    gate.accounts[i] = gate.parts.ledger.open(gate.parts.pipeline, static_cast<Signal>(i));
}
Gate::~Gate() = default;

void Gate::shut() {
  const std::lock_guard lock(impl_->mutex);
  impl_->is_shut = true;
}

bool Gate::is_quiet() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->inside == 0;
}

void Gate::attach(Behind behind) {
  const std::lock_guard lock(impl_->mutex);
  impl_->behind = std::move(behind);
}

void Gate::open() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->is_shut = false;
  }
  impl_->changed.notify();
}

void Gate::set_when_full(WhenFull policy) {
  const std::lock_guard lock(impl_->mutex);
  impl_->parts.when_full = policy;
}

void Gate::close() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->is_closed = true;
  }
  impl_->changed.notify();
}

std::size_t Gate::lanes() const {
  const std::lock_guard lock(impl_->mutex);
  return std::max<std::size_t>(1, impl_->behind.lanes.size());
}

std::size_t Gate::lane_of(Partition& partition) {
  const std::lock_guard lock(impl_->mutex);
  const auto& lanes = impl_->behind.lanes;
  if (lanes.size() <= 1) return partition.lane = 0;
  const bool is_pinned = partition.unsettled.load(std::memory_order_acquire) > 0;
  if (is_pinned && partition.lane < lanes.size()) return partition.lane;
  std::size_t least = partition.lane < lanes.size() ? partition.lane : 0;
  for (std::size_t i = 0; i < lanes.size(); ++i)
    if (lanes[i]->queued_bytes() < lanes[least]->queued_bytes()) least = i;
  return partition.lane = static_cast<std::uint32_t>(least);
}

bool Gate::is_congested() const {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->is_shut || impl_->is_closed) return true;
  return std::any_of(impl_->behind.required.begin(), impl_->behind.required.end(),
                     [](const auto& delivery) { return !delivery->has_credit(); });
}

std::string Gate::Impl::obstacle(std::uint64_t bytes, Reservation& memory, Notifier*& wake,
                                 std::uint64_t& epoch) {
  const std::lock_guard lock(mutex);
  wake = &changed;
  epoch = changed.epoch();
  if (is_closed) return "stop";
  if (is_shut) return "reload";
  const WhenFull policy = parts.when_full;
  if (policy != WhenFull::drop_oldest) {
    for (const auto& delivery : behind.required) {
      // Read before the look, so that a change in between ends the wait at once.
      const std::uint64_t seen = delivery->credit().epoch();
      if (delivery->has_credit()) continue;
      wake = &delivery->credit();
      epoch = seen;
      return delivery->id();
    }
  } else {
    for (const auto& delivery : behind.reached)
      if (!delivery->has_credit()) delivery->evict_oldest(LossReason::overflow);
  }
  wake = &parts.memory->budget().freed();
  epoch = wake->epoch();
  if (!parts.memory->try_take(worst_case(bytes))) return "memory";
  memory = Reservation(parts.memory, worst_case(bytes));
  ++inside;
  return {};
}

void Gate::Impl::drop(Batch& batch) {
  const std::uint64_t rows = frame_of(batch).live.count();
  {
    Ledger::Posting posting(parts.ledger);
    Account& account = posting[accounts[batch.index()]];
    account.in += rows;
    account.lose(LossReason::overflow, rows);
  }
  for (Part& part : frame_of(batch).parts) part.ack.settle(Outcome::lost);
}

Task<bool> Gate::push(Batch batch, std::size_t lane) {
  Impl& gate = *impl_;
  Reservation memory;
  const std::uint64_t bytes = std::max<std::uint64_t>(frame_of(batch).raw_bytes, 1);
  for (bool is_first = true;; is_first = false) {
    Notifier* wake = nullptr;
    std::uint64_t epoch = 0;
    std::string what = gate.obstacle(bytes, memory, wake, epoch);
    if (what.empty()) break;
    const bool is_stopped = what == "stop";
    WhenFull policy{};
    std::vector<std::shared_ptr<Lane>> lanes;
    {
      const std::lock_guard lock(gate.mutex);
      gate.waiting_for = what;
      policy = gate.parts.when_full;
      lanes = gate.behind.lanes;
    }
    Task<bool> asking = is_cancelled();
    const bool cancelled = co_await std::move(asking);
    if (is_stopped || cancelled) co_return false;
    if (policy == WhenFull::drop_newest && what != "reload") {
      gate.drop(batch);
      co_return true;
    }
    // Bytes may sit in a builder below its size while everybody waits for them.
    if (is_first)
      for (const auto& each : lanes) each->request_flush();
    const Instant began = gate.parts.clock.now();
    Task<> waiting = wake->wait_until(epoch, began + kLookAgain, gate.parts.clock);
    co_await std::move(waiting);
    gate.waited_ns.fetch_add(static_cast<std::uint64_t>(std::chrono::nanoseconds(gate.parts.clock.now() - began).count()),
                             std::memory_order_relaxed);
  }

  std::shared_ptr<Lane> target;
  {
    const std::lock_guard lock(gate.mutex);
    gate.waiting_for.clear();
    if (!gate.behind.lanes.empty()) target = gate.behind.lanes[lane % gate.behind.lanes.size()];
  }
  const std::size_t signal = batch.index();
  auto admitted = std::make_unique<Admitted>();
  admitted->ticket = Ticket(gate.parts.ledger, gate.accounts[signal]);
  const std::uint64_t rows = frame_of(batch).live.count();
  {
    Ledger::Posting posting(gate.parts.ledger);
    Account& account = posting[gate.accounts[signal]];
    account.in += rows;
    admitted->ticket.add(account, rows, bytes);
  }
  admitted->batch = std::move(batch);
  admitted->memory = std::move(memory);
  for (const Part& part : frame_of(admitted->batch).parts)
    if (part.partition) part.partition->unsettled.fetch_add(1, std::memory_order_relaxed);
  // A lane is stopped only behind a gate that is shut and quiet, so it takes whom we admitted.
  const bool is_taken = target && target->submit(std::move(admitted));
  {
    const std::lock_guard lock(gate.mutex);
    --gate.inside;
  }
  co_return is_taken;
}

std::string Gate::held_by() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->waiting_for;
}
double Gate::waited_seconds() const {
  return static_cast<double>(impl_->waited_ns.load(std::memory_order_relaxed)) * 1e-9;
}

}  // namespace pipeline
