#include "pipeline/topology/source_runner.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <mutex>

#include "pipeline/flow/backoff.h"

namespace pipeline {
namespace {

constexpr std::chrono::seconds kRetryFirst{1};
constexpr std::chrono::seconds kRetryMax{30};

}  // namespace

struct SourceRunner::Impl final : Output, std::enable_shared_from_this<SourceRunner::Impl> {
  explicit Impl(Parts from)
      : parts(std::move(from)),
        strand(parts.new_strand()),
        name(std::make_shared<const std::string>(parts.plan.name)) {
    for (std::size_t i = 0; i < kSignals; ++i) {
      const auto signal = static_cast<Signal>(i);
      if (!parts.plan.plugin->traits.signals.has(signal)) continue;
      const MetricLabels labels = {{"source", parts.plan.name}, {"signal", std::string(name_of(signal))}};
      records[i] = parts.meters.counter(parts.scope, "sluice_source_records_total",
                                        "Records that entered the pipelines of a source.", labels);
      bytes[i] = parts.meters.counter(parts.scope, "sluice_source_bytes_total",
                                      "Bytes of input that these records had.", labels);
    }
  }

  // Output, for the source.
  std::size_t lanes() const override { return parts.gates.size() == 1 ? parts.gates[0]->lanes() : 1; }
  std::size_t lane_of(Partition& partition) override {
    return parts.gates.size() == 1 ? parts.gates[0]->lane_of(partition) : 0;
  }
  bool is_congested() const override {
    for (const auto& gate : parts.gates)
      if (gate->is_congested()) return true;
    return false;
  }
  Task<Result<>> push(Batch batch, std::size_t lane) override;

  Task<> run();
  Result<> make();

  Parts parts;
  Executor strand;
  std::shared_ptr<const std::string> name;
  std::unique_ptr<Source> source;
  std::array<Counter, kSignals> records, bytes;
  asio::cancellation_signal cancel;
  std::function<void()> on_end;
  std::atomic<bool> running{false};
  std::atomic<bool> stopping{false};
  std::atomic<bool> ended{false};
  Notifier changed;
  mutable std::mutex mutex;
  std::string error;  // guarded by mutex
};

Task<Result<>> SourceRunner::Impl::push(Batch batch, std::size_t lane) {
  BatchFrame& frame = frame_of(batch);
  frame.source = name;
  const std::size_t signal = batch.index();
  std::uint64_t rows = 0;
  for (const Part& part : frame.parts)
    if (!part.again) rows += frame.live.count(part.first_row, part.first_row + part.rows);
  const std::uint64_t size = frame.raw_bytes;

  // A signal that no pipeline takes (`from: [self.logs]`) has not been read.
  const auto takes = [&](std::size_t i) { return !parts.only[i] || *parts.only[i] == static_cast<Signal>(signal); };
  bool is_taken = false;
  for (std::size_t i = 0; i < parts.gates.size(); ++i) is_taken = is_taken || takes(i);
  if (!is_taken) {
    for (Part& part : frame.parts) part.ack.settle(Outcome::delivered);
    co_return Result<>{};
  }

  bool is_admitted = true;
  for (std::size_t i = 0; i < parts.gates.size() && is_admitted; ++i) {
    if (!takes(i)) continue;
    Gate& gate = *parts.gates[i];
    bool is_last = true;
    for (std::size_t j = i + 1; j < parts.gates.size(); ++j)
      if (takes(j)) is_last = false;
    Batch mine = is_last ? std::move(batch)
                         : std::visit([](auto& rows_of) -> Batch { return rows_of->branch(); }, batch);
    std::size_t to = lane;
    if (parts.gates.size() > 1) {
      // Gates have lanes of their own: a partition keeps to one of each by its identity.
      const auto& all = frame_of(mine).parts;
      to = all.empty() || !all[0].partition ? 0 : all[0].partition->identity() % gate.lanes();
    }
    Task<bool> pushing = gate.push(std::move(mine), to);
    is_admitted = co_await std::move(pushing);
  }
  if (!is_admitted) co_return failure(Errc::cancelled, "stopping");
  records[signal].add(rows);
  bytes[signal].add(size);
  co_return Result<>{};
}

Result<> SourceRunner::Impl::make() {
  const SourceContext context{{.id = "source/" + parts.plan.name,
                               .log = parts.log,
                               .clock = parts.clock,
                               .fs = parts.fs,
                               .meters = parts.meters,
                               .scope = parts.scope,
                               .host_name = parts.host_name},
                              strand,
                              *parts.positions,
                              parts.plan.name};
  auto made = parts.plan.plugin->make(parts.plan.config, context);
  if (!made) return std::unexpected(std::move(made.error()).during(context.id));
  source = std::move(*made);
  return {};
}

Task<> SourceRunner::Impl::run() {
  const auto self = shared_from_this();
  co_await asio::this_coro::throw_if_cancelled(false);
  Backoff backoff(kRetryFirst, kRetryMax, std::hash<std::string>{}(parts.plan.name));
  while (!stopping.load(std::memory_order_acquire)) {
    Task<Result<>> running_source = source->run(*this);
    const Result<> outcome = co_await std::move(running_source);
    if (stopping.load(std::memory_order_acquire)) break;
    if (outcome) {
      ended.store(true, std::memory_order_release);
      break;
    }
    parts.log.error("source/" + parts.plan.name, outcome.error().message() + "; trying again");
    {
      const std::lock_guard lock(mutex);
      error = outcome.error().message();
    }
    source->stop();
    const std::uint64_t seen = changed.epoch();
    const Instant until =
        parts.clock.now() + std::chrono::duration_cast<Instant::duration>(backoff.next());
    Task<> waiting = changed.wait_until(seen, until, parts.clock);
    co_await std::move(waiting);
    if (stopping.load(std::memory_order_acquire)) break;
    if (const Result<> again = make(); !again) {
      const std::lock_guard lock(mutex);
      error = again.error().message();
      break;
    }
  }
}

SourceRunner::SourceRunner(Parts parts) : impl_(std::make_shared<Impl>(std::move(parts))) {}
SourceRunner::~SourceRunner() = default;

Result<> SourceRunner::make() { return impl_->make(); }

void SourceRunner::start(std::function<void()> on_end) {
  impl_->on_end = std::move(on_end);
  impl_->running.store(true, std::memory_order_release);
  Task<> task = impl_->run();
  auto done = [self = impl_](const std::exception_ptr& failure) {
    if (failure) {
      // Asio ends a cancelled coroutine by this exception, the one that crosses plugin code.
      try {
        std::rethrow_exception(failure);
      } catch (const boost::system::system_error& error) {
        if (error.code() != boost::asio::error::operation_aborted) throw;
      }
    }
    self->running.store(false, std::memory_order_release);
    self->changed.notify();
    if (self->ended.load(std::memory_order_acquire) && self->on_end) self->on_end();
  };
  asio::co_spawn(impl_->strand, std::move(task),
                 asio::bind_cancellation_slot(impl_->cancel.slot(), std::move(done)));
}

Task<> SourceRunner::stop() {
  const std::shared_ptr<Impl> self = impl_;
  self->stopping.store(true, std::memory_order_release);
  asio::post(self->strand, [self] { self->cancel.emit(asio::cancellation_type::terminal); });
  self->changed.notify();
  for (;;) {
    const std::uint64_t seen = self->changed.epoch();
    if (!self->running.load(std::memory_order_acquire)) break;
    Task<> waiting = self->changed.wait(seen);
    co_await std::move(waiting);
  }
  if (self->source) self->source->stop();
}

void SourceRunner::settle_positions() {
  if (impl_->source) impl_->source->stop();
}

const Plan::Source& SourceRunner::plan() const noexcept { return impl_->parts.plan; }
const std::vector<std::shared_ptr<Gate>>& SourceRunner::gates() const noexcept {
  return impl_->parts.gates;
}
bool SourceRunner::is_running() const noexcept { return impl_->running.load(std::memory_order_acquire); }
bool SourceRunner::has_ended() const noexcept { return impl_->ended.load(std::memory_order_acquire); }
std::string SourceRunner::last_error() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->error;
}

}  // namespace pipeline
