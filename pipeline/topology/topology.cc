#include "pipeline/topology/topology.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

#include "pipeline/topology/topology_state.h"

namespace pipeline {
namespace {

// How often a reload looks whether a shut gate is quiet: somebody who was admitted hands over to his
// lane within microseconds.
constexpr std::chrono::milliseconds kQuietLook{1};
constexpr std::chrono::seconds kPositionsEvery{1};

Signals signals_of(const Plan& plan, const Plan::Pipeline& root) {
  Signals signals;
  for (const Plan::From& from : root.from) {
    const Plan::Source* source = plan.source(from.source);
    for (std::size_t i = 0; i < kSignals; ++i) {
      const auto signal = static_cast<Signal>(i);
      if (source->plugin->traits.signals.has(signal) && (!from.signal || *from.signal == signal))
        signals.add(signal);
    }
  }
  return signals;
}

}  // namespace

Topology::Topology(TopologyParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {
  impl_->books.emplace(impl_->parts.ledger, impl_->parts.meters);
}
Topology::~Topology() = default;

std::shared_ptr<Gate> Topology::Impl::gate_for(const Plan& next, const Plan::Pipeline& root,
                                               const std::string& source) {
  auto& slot = gates[{root.name, source}];
  if (!slot) {
    auto& memory = roots[root.name].memory;
    if (!memory) memory = parts.budget.open();
    slot = std::make_shared<Gate>(Gate::Parts{.pipeline = "pipeline/" + root.name,
                                              .when_full = root.when_full,
                                              .ledger = parts.ledger,
                                              .clock = parts.clock,
                                              .log = parts.log,
                                              .meters = parts.meters,
                                              .memory = memory});
    const std::string id = "pipeline/" + root.name;
    parts.meters.observe(scopes.of(id), MetricKind::counter, "sluice_backpressure_seconds_total",
                         "Time that sources waited for memory or a sink before this pipeline.",
                         {{"component", id}}, [gate = std::weak_ptr<Gate>(slot)] {
                           const auto alive = gate.lock();
                           return alive ? alive->waited_seconds() : 0.0;
                         });
  }
  static_cast<void>(next);
  return slot;
}

Result<std::shared_ptr<Sink>> Topology::Impl::make_sink(const Plan& next, const Plan::Sink& sink) {
  const SinkContext context{{.id = "sink/" + sink.name,
                             .log = parts.log,
                             .clock = parts.clock,
                             .fs = parts.fs,
                             .meters = parts.meters,
                             .scope = scopes.of("sink/" + sink.name),
                             .host_name = next.agent.host_name},
                            next.agent.labels};
  auto made = sink.plugin->make(sink.config, context);
  if (!made) return std::unexpected(std::move(made.error()).during(context.id));
  return std::shared_ptr<Sink>(std::move(*made));
}

Result<std::shared_ptr<Delivery>> Topology::Impl::make_delivery(const Plan& next, const Plan::Sink& sink) {
  Result<std::shared_ptr<Sink>> made = make_sink(next, sink);
  if (!made) return std::unexpected(made.error());
  auto delivery = std::make_shared<Delivery>(DeliveryParts{.id = "sink/" + sink.name,
                                                           .name = sink.name,
                                                           .options = sink.plugin->delivery(sink.config),
                                                           .sink = std::move(*made),
                                                           .links = parts.links,
                                                           .new_strand = parts.new_strand,
                                                           .clock = parts.clock,
                                                           .log = parts.log,
                                                           .meters = parts.meters,
                                                           .ledger = parts.ledger});
  const std::string id = "sink/" + sink.name;
  return delivery;
}

Result<std::shared_ptr<LaneSet>> Topology::Impl::build_lanes(
    const Plan& next, const Plan::Pipeline& root, const std::shared_ptr<MemoryBudget::Share>& memory,
    const std::map<std::string, std::shared_ptr<Delivery>>& via) {
  return LaneSet::build({.plan = next,
                         .root = root,
                         .signals = signals_of(next, root),
                         .delivery = [&via](const std::string& sink) { return via.at(sink); },
                         .new_strand = parts.new_strand,
                         .fs = parts.fs,
                         .clock = parts.clock,
                         .log = parts.log,
                         .meters = parts.meters,
                         .scopes = scopes,
                         .ledger = parts.ledger,
                         .budget = parts.budget,
                         .memory = memory});
}

// The runners that `next` needs, made but not started. A replayable source gets one per pipeline.
std::map<std::string, Topology::Impl::Running> Topology::Impl::wire_sources(const Plan& next) {
  std::map<std::string, Running> wired;
  const auto add = [&](const std::string& key, const std::string& scope, const Plan::Source& source,
                       const std::vector<std::pair<const Plan::Pipeline*, std::optional<Signal>>>& feeds) {
    Running running;
    running.wiring = source.canonical;
    for (const auto& [root, only] : feeds) {
      running.wiring += fmt::format("\n-> {} {}", root->name, only ? name_of(*only) : "all");
    }
    if (const auto same = sources.find(key); same != sources.end() && same->second.wiring == running.wiring) {
      wired[key] = same->second;
      return;
    }
    SourceRunner::Parts runner{.plan = source,
                               .gates = {},
                               .only = {},
                               .positions = parts.positions.scope(scope),
                               .new_strand = parts.new_strand,
                               .fs = parts.fs,
                               .clock = parts.clock,
                               .log = parts.log,
                               .meters = parts.meters,
                               .scope = scopes.of("source/" + source.name),
                               .host_name = next.agent.host_name};
    for (const auto& [root, only] : feeds) {
      runner.gates.push_back(gate_for(next, *root, source.name));
      runner.only.push_back(only);
    }
    running.runner = std::make_shared<SourceRunner>(std::move(runner));
    wired[key] = std::move(running);
  };

  for (const Plan::Source& source : next.sources) {
    std::vector<std::pair<const Plan::Pipeline*, std::optional<Signal>>> feeds;
    for (const Plan::Pipeline& root : next.pipelines)
      for (const Plan::From& from : root.from)
        if (from.source == source.name) feeds.emplace_back(&root, from.signal);
    if (feeds.empty()) continue;
    if (source.plugin->traits.replayable) {
      for (const auto& feed : feeds) {
        const std::string scope = source.name + "/" + feed.first->name;
        if (!source.was.empty()) parts.positions.adopt(source.was + "/" + feed.first->name, scope);
        add(scope, scope, source, {feed});
      }
    } else {
      add(source.name, source.name, source, feeds);
    }
  }
  return wired;
}

void Topology::Impl::start_source(SourceRunner& runner) {
  runner.start([this] { ended.notify(); });
}

Task<Result<>> Topology::start(Plan plan) {
  Impl& top = *impl_;
  std::map<std::string, std::shared_ptr<Delivery>> deliveries;
  for (const Plan::Sink& sink : plan.sinks) {
    Result<std::shared_ptr<Delivery>> made = top.make_delivery(plan, sink);
    if (!made) co_return std::unexpected(made.error());
    deliveries[sink.name] = std::move(*made);
  }
  // Every share is open before the first batch: the floors depend on their number.
  for (const Plan::Pipeline& root : plan.pipelines)
    if (!root.from.empty()) top.roots[root.name].memory = top.parts.budget.open();
  for (const Plan::Pipeline& root : plan.pipelines) {
    if (root.from.empty()) continue;
    Impl::Root& running = top.roots[root.name];
    Result<std::shared_ptr<LaneSet>> lanes = top.build_lanes(plan, root, running.memory, deliveries);
    if (!lanes) co_return std::unexpected(lanes.error());
    running.lanes = std::move(*lanes);
    running.canonical = plan.canonical_closure(root);
  }
  std::map<std::string, Impl::Running> sources = top.wire_sources(plan);
  for (auto& [key, running] : sources) {
    if (const Result<> made = running.runner->make(); !made) co_return std::unexpected(made.error());
  }
  {
    const std::lock_guard lock(top.mutex);
    top.deliveries = std::move(deliveries);
    top.sources = std::move(sources);
    top.plan = std::move(plan);
  }
  for (auto& [key, gate] : top.gates) gate->attach(top.roots[key.pipeline].lanes->behind());
  top.books->refresh();
  for (auto& [name, root] : top.roots) root.lanes->start();
  for (auto& [key, running] : top.sources) top.start_source(*running.runner);
  top.generation = 1;

  top.is_saving = true;
  const Executor strand = top.parts.new_strand();
  Task<> saving = top.keep_positions();
  asio::co_spawn(strand, std::move(saving), [&top](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    top.is_saving = false;
    top.saved.notify();
  });
  co_return Result<>{};
}

// Positions go to the file about once a second; a full disk is said once and tried again.
Task<> Topology::Impl::keep_positions() {
  for (;;) {
    const std::uint64_t seen = save_stop.epoch();
    if (seen > 0) co_return;
    Task<> waiting = save_stop.wait_until(seen, parts.clock.now() + kPositionsEvery, parts.clock);
    co_await std::move(waiting);
    if (const Result<> written = parts.positions.flush(); !written)
      parts.log.warn("positions", written.error().message() + "; keeping them in memory and trying again");
    books->refresh();
  }
}

Task<bool> Topology::Impl::quieten(const std::vector<std::shared_ptr<Gate>>& shut, Instant deadline) {
  for (const auto& gate : shut) gate->shut();
  for (const auto& gate : shut) {
    while (!gate->is_quiet()) {
      if (parts.clock.now() >= deadline) co_return false;
      Task<> sleeping = parts.clock.sleep_for(kQuietLook);
      co_await std::move(sleeping);
    }
  }
  co_return true;
}

Task<bool> Topology::Impl::await_lanes(LaneSet& lanes, Instant deadline) {
  lanes.stop();
  for (;;) {
    const std::uint64_t seen = lanes.stopped().epoch();
    if (lanes.has_stopped()) co_return true;
    if (parts.clock.now() >= deadline) co_return false;
    Task<> waiting = lanes.stopped().wait_until(seen, deadline, parts.clock);
    co_await std::move(waiting);
  }
}

Task<> Topology::stop() {
  Impl& top = *impl_;
  const Instant deadline = top.parts.clock.now() +
                           std::chrono::duration_cast<Instant::duration>(top.plan.agent.shutdown_timeout);
  for (auto& [key, gate] : top.gates) gate->close();
  for (auto& [key, running] : top.sources) {
    Task<> stopping = running.runner->stop();
    co_await std::move(stopping);
  }
  for (auto& [name, root] : top.roots) {
    if (!root.lanes) continue;
    Task<bool> waiting = top.await_lanes(*root.lanes, deadline);
    co_await std::move(waiting);
  }
  for (auto& [name, delivery] : top.deliveries) {
    Task<> draining = delivery->drained(deadline);
    co_await std::move(draining);
  }
  for (auto& delivery : top.retiring) {
    Task<> draining = delivery->drained(deadline);
    co_await std::move(draining);
  }
  for (auto& [name, delivery] : top.deliveries) {
    Task<> stopping = delivery->stop();
    co_await std::move(stopping);
  }
  for (auto& delivery : top.retiring) {
    Task<> stopping = delivery->stop();
    co_await std::move(stopping);
  }
  for (auto& [key, running] : top.sources) running.runner->settle_positions();
  top.save_stop.notify();
  for (;;) {
    const std::uint64_t seen = top.saved.epoch();
    if (!top.is_saving) break;
    Task<> waiting = top.saved.wait(seen);
    co_await std::move(waiting);
  }
  if (const Result<> written = top.parts.positions.flush(); !written)
    top.parts.log.error("positions", written.error().message());
  top.books->refresh();
}

bool Topology::has_ended() const {
  const std::lock_guard lock(impl_->mutex);
  return !impl_->sources.empty() &&
         std::ranges::all_of(impl_->sources, [](const auto& entry) { return entry.second.runner->has_ended(); });
}
Notifier& Topology::ended() noexcept { return impl_->ended; }

bool Topology::are_sinks_reachable() const {
  const std::lock_guard lock(impl_->mutex);
  return std::ranges::all_of(impl_->deliveries, [](const auto& entry) { return entry.second->state().is_up; });
}
const AgentOptions& Topology::agent() const noexcept { return impl_->plan.agent; }
std::uint64_t Topology::generation() const noexcept { return impl_->generation; }

std::vector<std::string> Topology::Impl::component_ids(const Plan& of) const {
  std::vector<std::string> ids;
  for (const Plan::Source& each : of.sources) ids.push_back("source/" + each.name);
  for (const Plan::Pipeline& each : of.pipelines) {
    ids.push_back("pipeline/" + each.name);
    for (const Plan::Transform& transform : each.transforms) ids.push_back(transform.id);
  }
  for (const Plan::Sink& each : of.sinks) ids.push_back("sink/" + each.name);
  return ids;
}

}  // namespace pipeline
