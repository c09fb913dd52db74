#include "pipeline/flow/delivery.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <functional>

#include "pipeline/flow/delivery_state.h"

namespace pipeline {
namespace {

// Tenants beyond these share workers by hash: a client may invent tenants without bound.
constexpr std::size_t kWorkersMax = 256;

}  // namespace

Delivery::Shared::Shared(DeliveryParts from)
    : parts(std::move(from)), sink(parts.sink), options(parts.options), scope(parts.meters.scope()) {
  const MetricLabels labels = {{"sink", parts.name}};
  Meters& meters = parts.meters;
  retries = meters.counter(scope, "sluice_sink_retries_total", "Attempts that had to be repeated.", labels);
  resent = meters.counter(scope, "sluice_sink_resent_records_total",
                          "Records sent again, whether or not the receiver had taken them.", labels);
  sent_bytes = meters.counter(scope, "sluice_sink_sent_bytes_total",
                              "Bytes of request bodies that were sent.", labels);
  request_seconds = meters.histogram(scope, "sluice_sink_request_duration_seconds",
                                     "From the start of an attempt to its answer.", duration_bounds(), labels);
  meters.observe(scope, MetricKind::gauge, "sluice_sink_in_flight_requests",
                 "Requests that wait for their answer.", labels,
                 [this] { return static_cast<double>(in_flight.load(std::memory_order_relaxed)); });
}

Counter& Delivery::Shared::requests(const std::string& code) {
  const std::lock_guard lock(meters_mutex);
  auto [entry, fresh] = requests_by_code.try_emplace(code);
  if (fresh) {
    entry->second = parts.meters.counter(scope, "sluice_sink_requests_total",
                                         "Attempts by the answer's status.",
                                         {{"sink", parts.name}, {"code", code}});
  }
  return entry->second;
}

Histogram& Delivery::Shared::latency(const std::string& source) {
  const std::lock_guard lock(meters_mutex);
  auto [entry, fresh] = latency_by_source.try_emplace(source);
  if (fresh) {
    entry->second = parts.meters.histogram(
        scope, "sluice_delivery_latency_seconds", "From reading a record to its acknowledgement.",
        duration_bounds(), {{"sink", parts.name}, {"source", source}});
  }
  return entry->second;
}

DeliveryWorker& Delivery::Shared::worker_for(std::uint32_t lane, std::uint32_t shard,
                                             const std::string& tenant, bool& is_new) {
  std::string key = tenant;
  if (workers.size() >= kWorkersMax && !workers.contains({lane, shard, key}))
    key = fmt::format("#{}", std::hash<std::string>{}(tenant) % 4);
  auto& slot = workers[{lane, shard, std::move(key)}];
  if (!slot) {
    slot = std::make_unique<DeliveryWorker>(parts.new_strand());
    is_new = true;
  }
  return *slot;
}

// Without the lock: a thread of the pool may begin to run the worker before this returns.
void Delivery::Shared::start(DeliveryWorker& worker) {
  running.fetch_add(1, std::memory_order_relaxed);
  // The workers keep the shared state alive; stop() ends them.
  Task<> task = run(worker);
  auto done = [self = shared_from_this()](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    self->running.fetch_sub(1, std::memory_order_acq_rel);
    self->idle.notify();
  };
  asio::co_spawn(worker.executor, std::move(task),
                 asio::bind_cancellation_slot(worker.cancel.slot(), std::move(done)));
}

Task<> Delivery::Shared::run(DeliveryWorker& worker) {
  const auto self = shared_from_this();
  // stop() cancels what is in flight; every wait then returns early and the loop ends by the flag.
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!stopping.load(std::memory_order_acquire)) {
    const std::uint64_t seen = worker.wake.epoch();
    std::unique_ptr<Request> request = take_next(worker);
    if (!request) {
      co_await worker.wake.wait(seen);
      continue;
    }
    Task<> delivering = deliver(worker, *request);
    co_await std::move(delivering);
    hold(-static_cast<std::int64_t>(request->held_bytes()));
    if (request->ticket.records() > 0) abandon(std::move(request));
    request.reset();
    {
      const std::lock_guard lock(mutex);
      worker.in_flight_since = Instant::max();
    }
    if (open_requests.fetch_sub(1, std::memory_order_acq_rel) == 1) idle.notify();
  }
}

std::unique_ptr<Request> Delivery::Shared::take_next(DeliveryWorker& worker) {
  const std::lock_guard lock(mutex);
  if (worker.queue.empty()) return nullptr;
  std::unique_ptr<Request> request = std::move(worker.queue.front());
  worker.queue.pop_front();
  worker.in_flight_since = request->born;
  return request;
}

// A request that will not be sent any more. What its source can bring again is the source's; the
// rest is lost, and said so.
void Delivery::Shared::abandon(std::unique_ptr<Request> request) {
  const std::uint64_t left = request->ticket.records();
  const bool replayable = request->carried().is_replayable();
  {
    Ledger::Posting posting(parts.ledger);
    Account& account = posting[request->ticket.id()];
    if (replayable) {
      account.returned += left;
    } else {
      account.lose(LossReason::shutdown, left);
    }
    request->ticket.release_all(account);
  }
  request->settle(replayable ? Outcome::failed : Outcome::lost);
}

void Delivery::Shared::hold(std::int64_t bytes) {
  const std::uint64_t before = held_bytes.fetch_add(static_cast<std::uint64_t>(bytes), std::memory_order_acq_rel);
  if (bytes < 0 && before >= options.queue_memory) credit.notify();
}

void Delivery::Shared::note_up() {
  std::string text;
  {
    const std::lock_guard lock(mutex);
    ++successes;
    if (state.is_up) return;
    const auto down = std::chrono::duration_cast<std::chrono::seconds>(parts.clock.now() - state.down_since);
    text = fmt::format("back after {} s; sending what was held", down.count());
    state.is_up = true;
    state.is_alarmed = false;
    state.last_error.clear();
  }
  parts.log.info(parts.id, text);
}

void Delivery::Shared::note_down(const std::string& why, bool alarm) {
  std::string text;
  {
    const std::lock_guard lock(mutex);
    const bool changed = state.is_up || (alarm && !state.is_alarmed);
    if (state.is_up) state.down_since = parts.clock.now();
    state.is_up = false;
    state.is_alarmed = state.is_alarmed || alarm;
    state.last_error = why;
    if (!changed) return;
    std::uint64_t records = 0;
    for (const auto& [key, worker] : workers)
      for (const auto& request : worker->queue) records += request->ticket.records();
    text = fmt::format("{}; {}, holding {} queued records", why,
                       alarm ? "nothing is rejected: check the tenant, address and credentials; retrying"
                             : "retrying",
                       records);
  }
  if (alarm) {
    parts.log.error(parts.id, text);
  } else {
    parts.log.warn(parts.id, text);
  }
}

Delivery::Delivery(DeliveryParts parts) : shared_(std::make_shared<Shared>(std::move(parts))) {
  const MetricLabels labels = {{"sink", name()}};
  shared_->parts.meters.observe(
      shared_->scope, MetricKind::gauge, "sluice_delivery_lag_seconds",
      "Age of the oldest record that waits in the sink's queue; 0 when none does.", labels,
      [shared = shared_.get()] {
        const std::lock_guard lock(shared->mutex);
        Instant oldest = Instant::max();
        for (const auto& [key, worker] : shared->workers) {
          oldest = std::min(oldest, worker->in_flight_since);
          if (!worker->queue.empty()) oldest = std::min(oldest, worker->queue.front()->born);
        }
        if (oldest == Instant::max()) return 0.0;
        return std::chrono::duration<double>(shared->parts.clock.now() - oldest).count();
      });
  shared_->parts.meters.observe(shared_->scope, MetricKind::gauge, "sluice_component_up",
                                "1 while the component does its work; 0 while a sink's receiver is "
                                "away or refuses everything.",
                                {{"component", id()}}, [shared = shared_.get()] {
                                  const std::lock_guard lock(shared->mutex);
                                  return shared->state.is_up && !shared->state.is_alarmed ? 1.0 : 0.0;
                                });
}

Delivery::~Delivery() = default;

const std::string& Delivery::id() const noexcept { return shared_->parts.id; }
const std::string& Delivery::name() const noexcept { return shared_->parts.name; }
const DeliveryOptions& Delivery::options() const noexcept { return shared_->options; }
std::shared_ptr<Sink> Delivery::sink() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->sink;
}

void Delivery::submit(std::uint32_t lane, std::uint32_t shard, std::unique_ptr<Request> request) {
  Shared& shared = *shared_;
  if (shared.stopping.load(std::memory_order_acquire)) {
    shared.abandon(std::move(request));
    return;
  }
  shared.open_requests.fetch_add(1, std::memory_order_acq_rel);
  shared.hold(static_cast<std::int64_t>(request->held_bytes()));
  DeliveryWorker* worker = nullptr;
  bool is_new = false;
  {
    const std::lock_guard lock(shared.mutex);
    worker = &shared.worker_for(lane, shard, request->encoded.tenant, is_new);
    worker->queue.push_back(std::move(request));
  }
  if (is_new) {
    shared.start(*worker);
  } else {
    worker->wake.notify();
  }
}

bool Delivery::has_credit() const noexcept {
  return shared_->held_bytes.load(std::memory_order_acquire) < shared_->options.queue_memory;
}
Notifier& Delivery::credit() noexcept { return shared_->credit; }

std::uint64_t Delivery::evict_oldest(LossReason reason) {
  Shared& shared = *shared_;
  std::uint64_t lost = 0;
  while (!has_credit()) {
    std::unique_ptr<Request> oldest;
    {
      const std::lock_guard lock(shared.mutex);
      DeliveryWorker* holder = nullptr;
      for (const auto& [key, worker] : shared.workers) {
        if (worker->queue.empty()) continue;
        if (!holder || worker->queue.front()->born < holder->queue.front()->born) holder = worker.get();
      }
      if (holder == nullptr) break;
      oldest = std::move(holder->queue.front());
      holder->queue.pop_front();
    }
    lost += oldest->ticket.records();
    shared.hold(-static_cast<std::int64_t>(oldest->held_bytes()));
    {
      Ledger::Posting posting(shared.parts.ledger);
      Account& account = posting[oldest->ticket.id()];
      account.lose(reason, oldest->ticket.records());
      oldest->ticket.release_all(account);
    }
    oldest->settle(Outcome::lost);
    shared.open_requests.fetch_sub(1, std::memory_order_acq_rel);
  }
  return lost;
}

void Delivery::replace(std::shared_ptr<Sink> sink, DeliveryOptions options) {
  Shared& shared = *shared_;
  const std::lock_guard lock(shared.mutex);
  shared.sink = std::move(sink);
  shared.options = std::move(options);
  ++shared.generation;
  shared.window.forget();
  for (const auto& [key, worker] : shared.workers) worker->kick.notify();
}

bool Delivery::is_idle() const noexcept {
  return shared_->open_requests.load(std::memory_order_acquire) == 0;
}

Task<> Delivery::drained(Instant deadline) {
  const std::shared_ptr<Shared> shared = shared_;
  for (;;) {
    const std::uint64_t seen = shared->idle.epoch();
    if (shared->open_requests.load(std::memory_order_acquire) == 0) co_return;
    if (shared->parts.clock.now() >= deadline) co_return;
    co_await shared->idle.wait_until(seen, deadline, shared->parts.clock);
  }
}

Task<> Delivery::stop() {
  const std::shared_ptr<Shared> shared = shared_;
  shared->stopping.store(true, std::memory_order_release);
  std::vector<std::unique_ptr<Request>> left;
  {
    const std::lock_guard lock(shared->mutex);
    for (const auto& [key, worker] : shared->workers) {
      for (auto& request : worker->queue) left.push_back(std::move(request));
      worker->queue.clear();
      worker->wake.notify();
      worker->kick.notify();
      asio::post(worker->executor, [shared, w = worker.get()] {
        w->cancel.emit(asio::cancellation_type::terminal);
      });
    }
  }
  for (auto& request : left) {
    shared->hold(-static_cast<std::int64_t>(request->held_bytes()));
    shared->open_requests.fetch_sub(1, std::memory_order_acq_rel);
    shared->abandon(std::move(request));
  }
  left.clear();
  for (;;) {
    const std::uint64_t seen = shared->idle.epoch();
    if (shared->running.load(std::memory_order_acquire) == 0) break;
    co_await shared->idle.wait(seen);
  }
  const std::lock_guard lock(shared->mutex);
  auto destination = shared->sink->destination();
  if (auto* transport = std::get_if<std::shared_ptr<Transport>>(&destination)) (*transport)->close();
}

Delivery::State Delivery::state() const {
  Shared& shared = *shared_;
  const std::lock_guard lock(shared.mutex);
  State state = shared.state;
  for (const auto& [key, worker] : shared.workers) {
    state.oldest = std::min(state.oldest, worker->in_flight_since);
    for (const auto& request : worker->queue) {
      ++state.queued_requests;
      state.queued_records += request->ticket.records();
      state.oldest = std::min(state.oldest, request->born);
    }
  }
  state.queued_bytes = shared.held_bytes.load(std::memory_order_relaxed);
  state.in_flight = shared.in_flight.load(std::memory_order_relaxed);
  return state;
}

}  // namespace pipeline
