// What a running topology tells humans about itself.
#include <fmt/format.h>

#include <map>

#include "pipeline/topology/topology_state.h"

namespace pipeline {

std::vector<Topology::Look> Topology::look() const {
  const Impl& top = *impl_;
  std::map<std::string, Account> accounts;
  for (const Ledger::Line& line : top.parts.ledger.snapshot()) accounts[line.component] += line.account;
  const std::lock_guard lock(top.mutex);
  const Instant now = top.parts.clock.now();
  const auto seconds = [now](Instant since) { return std::chrono::duration<double>(now - since).count(); };
  std::vector<Look> looks;
  const auto add = [&](std::string id, std::string type) -> Look& {
    Look& look = looks.emplace_back();
    look.id = std::move(id);
    look.type = std::move(type);
    look.pending = accounts[look.id].pending;
    look.pending_bytes = accounts[look.id].pending_bytes;
    return look;
  };
  const auto why = [&](const std::string& holder) {
    if (!holder.starts_with("sink/")) return fmt::format("waits for {}", holder);
    const auto found = top.deliveries.find(holder.substr(5));
    if (found == top.deliveries.end()) return fmt::format("waits for {}", holder);
    const Delivery::State state = found->second->state();
    return state.is_up ? fmt::format("waits for {}, which is slower than its sources", holder)
                       : fmt::format("waits for {}, down for {:.0f} s: {}", holder,
                                     seconds(state.down_since), state.last_error);
  };
  for (const auto& [key, running] : top.sources) {
    Look& look = add("source/" + running.runner->plan().name, running.runner->plan().plugin->name);
    look.state = running.runner->has_ended() ? "ended" : running.runner->is_running() ? "running" : "stopped";
    look.last_error = running.runner->last_error();
    for (const auto& gate : running.runner->gates()) {
      const std::string holder = gate->held_by();
      if (holder.empty()) continue;
      look.state = "waiting";
      look.sentence = why(holder);
    }
  }
  for (const Plan::Pipeline& pipeline : top.plan.pipelines) {
    Look& look = add("pipeline/" + pipeline.name, "pipeline");
    look.state = "running";
    for (const auto& [key, gate] : top.gates) {
      if (key.pipeline != pipeline.name) continue;
      const std::string holder = gate->held_by();
      if (!holder.empty()) look.sentence = why(holder);
    }
  }
  const auto add_delivery = [&](const Delivery& delivery, std::string type, bool is_retiring) {
    const Delivery::State state = delivery.state();
    Look& look = add(delivery.id(), std::move(type));
    look.state = is_retiring ? "retiring" : state.is_alarmed ? "alarm" : state.is_up ? "up" : "down";
    look.last_error = state.last_error;
    if (state.oldest != Instant::max()) look.lag_seconds = seconds(state.oldest);
    if (!state.is_up) {
      look.sentence = fmt::format("down for {:.0f} s, holds {} records: {}", seconds(state.down_since),
                                  look.pending, state.last_error);
    }
  };
  for (const auto& [name, delivery] : top.deliveries) {
    const Plan::Sink* sink = top.plan.sink(name);
    add_delivery(*delivery, sink != nullptr ? sink->plugin->name : "", false);
  }
  for (const auto& delivery : top.retiring) add_delivery(*delivery, "", true);
  return looks;
}

}  // namespace pipeline
