// How a running topology becomes another one (flow.md 11): everything new is built first, gates are
// shut, lanes finish what they hold, the new ones take over, gates open.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/topology/topology_state.h"

namespace pipeline {

ReloadOutcome difference(const Plan& now, const Plan& next) {
  ReloadOutcome outcome;
  const auto compare = [&outcome](const std::string& kind, const auto& before, const auto& after,
                                  const auto& canonical_before, const auto& canonical_after) {
    for (const auto& each : after) {
      const auto same = std::ranges::find(before, each.name, [](const auto& old) { return old.name; });
      if (same == before.end()) {
        outcome.added.push_back(kind + each.name);
      } else if (canonical_before(*same) != canonical_after(each)) {
        outcome.changed.push_back(kind + each.name);
      } else {
        ++outcome.unchanged;
      }
    }
    for (const auto& each : before) {
      if (std::ranges::find(after, each.name, [](const auto& fresh) { return fresh.name; }) == after.end())
        outcome.removed.push_back(kind + each.name);
    }
  };
  const auto own = [](const auto& each) { return each.canonical; };
  compare("source/", now.sources, next.sources, own, own);
  compare("pipeline/", now.pipelines, next.pipelines, own, own);
  compare("sink/", now.sinks, next.sinks, own, own);
  return outcome;
}


Task<Result<ReloadOutcome>> Topology::reload(Plan next) {
  Impl& top = *impl_;
  const Instant deadline = top.parts.clock.now() +
                           std::chrono::duration_cast<Instant::duration>(top.plan.agent.reload_timeout);
  ReloadOutcome outcome = difference(top.plan, next);
  outcome.generation = top.generation;
  if (next.canonical_agent_fixed != top.plan.canonical_agent_fixed) {
    co_return failure(Errc::invalid_data,
                      "data_dir, listen, admin and memory cannot change while running: restart");
  }

  // 1. Build. Nothing that runs is touched, so every failure up to here changes nothing.
  std::map<std::string, std::shared_ptr<Delivery>> deliveries;
  std::vector<std::pair<std::shared_ptr<Delivery>, std::pair<std::shared_ptr<Sink>, DeliveryOptions>>> moved;
  std::vector<std::shared_ptr<Delivery>> leaving;
  for (const Plan::Sink& sink : next.sinks) {
    const Plan::Sink* before = top.plan.sink(sink.name);
    const bool keeps_encoding = before != nullptr && before->canonical_encoding == sink.canonical_encoding;
    if (!keeps_encoding) {
      Result<std::shared_ptr<Delivery>> made = top.make_delivery(next, sink);
      if (!made) co_return std::unexpected(made.error());
      deliveries[sink.name] = std::move(*made);
      if (before != nullptr) leaving.push_back(top.deliveries.at(sink.name));
      continue;
    }
    deliveries[sink.name] = top.deliveries.at(sink.name);
    if (before->canonical != sink.canonical) {
      Result<std::shared_ptr<Sink>> made = top.make_sink(next, sink);
      if (!made) co_return std::unexpected(made.error());
      moved.push_back({deliveries[sink.name], {std::move(*made), sink.plugin->delivery(sink.config)}});
    }
  }
  for (const auto& [name, delivery] : top.deliveries)
    if (next.sink(name) == nullptr) leaving.push_back(delivery);

  std::map<std::string, Impl::Root> roots;
  std::vector<std::string> exchanged;
  for (const Plan::Pipeline& root : next.pipelines) {
    if (root.from.empty()) continue;
    Impl::Root fresh;
    fresh.canonical = next.canonical_closure(root);
    const auto before = top.roots.find(root.name);
    if (before != top.roots.end()) fresh.memory = before->second.memory;
    if (!fresh.memory) fresh.memory = top.parts.budget.open();
    if (before != top.roots.end() && before->second.lanes && before->second.canonical == fresh.canonical) {
      fresh.lanes = before->second.lanes;
    } else {
      Result<std::shared_ptr<LaneSet>> lanes = top.build_lanes(next, root, fresh.memory, deliveries);
      if (!lanes) co_return std::unexpected(lanes.error());
      fresh.lanes = std::move(*lanes);
      exchanged.push_back(root.name);
    }
    roots[root.name] = std::move(fresh);
  }
  for (auto& [name, root] : roots)
    if (!top.roots.contains(name)) top.roots[name].memory = root.memory;
  std::map<std::string, Impl::Running> sources = top.wire_sources(next);
  for (auto& [key, running] : sources) {
    const auto before = top.sources.find(key);
    if (before != top.sources.end() && before->second.runner == running.runner) continue;
    if (const Result<> made = running.runner->make(); !made) co_return std::unexpected(made.error());
  }

  // 2. Shut what changes. Whoever was admitted reaches his lane; the source waits at the gate.
  std::vector<std::shared_ptr<Gate>> shut;
  std::vector<std::shared_ptr<LaneSet>> old_lanes;
  for (const auto& [key, gate] : top.gates) {
    const auto root = roots.find(key.pipeline);
    const bool stays = root != roots.end() && top.roots.at(key.pipeline).lanes == root->second.lanes;
    if (!stays) shut.push_back(gate);
  }
  Task<bool> quietening = top.quieten(shut, deadline);
  bool is_quiet = co_await std::move(quietening);
  for (const auto& [name, root] : top.roots) {
    const auto fresh = roots.find(name);
    if (root.lanes && (fresh == roots.end() || fresh->second.lanes != root.lanes)) old_lanes.push_back(root.lanes);
  }
  for (const auto& lanes : old_lanes) {
    Task<bool> waiting = top.await_lanes(*lanes, deadline);
    const bool stopped = co_await std::move(waiting);
    if (!stopped) outcome.held_by = "a lane that does not come to its end";
  }
  static_cast<void>(is_quiet);

  // 3. Sources that go or change stop reading; their positions stand where the acks are.
  for (auto& [key, running] : top.sources) {
    const auto after = sources.find(key);
    if (after != sources.end() && after->second.runner == running.runner) continue;
    for (const auto& gate : running.runner->gates()) {
      // Only a gate that no other runner uses can be closed; one that is shut lets nobody in anyway.
      if (after == sources.end()) gate->close();
    }
    Task<> stopping = running.runner->stop();
    co_await std::move(stopping);
    running.runner->settle_positions();
  }

  // 4. Deliveries: new addresses take over the queues; old encodings drain as long as they may.
  for (auto& [delivery, with] : moved) delivery->replace(std::move(with.first), with.second);
  for (const auto& delivery : leaving) {
    Task<> draining = delivery->drained(deadline);
    co_await std::move(draining);
    Task<> stopping = delivery->stop();
    co_await std::move(stopping);
  }

  // 5. The new lanes take over and the gates open.
  std::erase_if(top.gates, [&](const auto& entry) {
    const Plan::Pipeline* root = next.pipeline(entry.first.pipeline);
    if (root == nullptr) return true;
    return std::ranges::none_of(root->from, [&](const Plan::From& from) { return from.source == entry.first.source; });
  });
  for (const auto& [key, gate] : top.gates) {
    gate->set_when_full(next.pipeline(key.pipeline)->when_full);
    gate->attach(roots.at(key.pipeline).lanes->behind());
  }
  std::map<std::string, Impl::Running> started;
  for (auto& [key, running] : sources)
    if (!top.sources.contains(key) || top.sources.at(key).runner != running.runner) started[key] = running;
  {
    const std::lock_guard lock(top.mutex);
    top.deliveries = std::move(deliveries);
    top.roots = std::move(roots);
    top.sources = std::move(sources);
    top.plan = std::move(next);
  }
  for (const std::string& name : exchanged) top.roots.at(name).lanes->start();
  for (const auto& [key, gate] : top.gates) gate->open();
  for (auto& [key, running] : started) top.start_source(*running.runner);
  top.scopes.keep_only(top.component_ids(top.plan));
  for (const Ledger::Line& line : top.parts.ledger.snapshot()) {
    const auto ids = top.component_ids(top.plan);
    if (line.open && std::ranges::find(ids, line.component) == ids.end())
      top.parts.ledger.close(top.parts.ledger.open(line.component, line.signal));
  }
  top.books->refresh();
  outcome.generation = ++top.generation;
  co_return outcome;
}

}  // namespace pipeline
