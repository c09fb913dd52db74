#include "pipeline/topology/lane_set.h"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

namespace pipeline {
namespace {

// Builders a lane keeps per sink: with one lane, requests are full soonest with a single one; more
// lanes mean more load, where a retry should not hold everything (flow.md 4).
std::uint32_t shards_for(const DeliveryOptions& options, std::uint32_t lanes) {
  if (options.shards > 0) return options.shards;
  return lanes <= 2 ? 1 : 2;
}

DropReason drop_reason(const std::string& name) {
  for (std::size_t i = 0; i < kDropReasons.size(); ++i)
    if (kDropReasons[i] == name) return static_cast<DropReason>(i);
  return DropReason::drop;
}

}  // namespace

const MeterScope& ComponentScopes::of(const std::string& id) {
  for (const auto& [known, scope] : scopes_)
    if (known == id) return *scope;
  scopes_.emplace_back(id, std::make_unique<MeterScope>(meters_.scope()));
  return *scopes_.back().second;
}

void ComponentScopes::keep_only(const std::vector<std::string>& ids) {
  std::erase_if(scopes_, [&ids](const auto& entry) { return std::ranges::find(ids, entry.first) == ids.end(); });
}

struct LaneSet::Impl {
  FieldPlan fields;
  std::vector<std::shared_ptr<Lane>> lanes;
  std::vector<std::shared_ptr<Delivery>> required, reached;
  std::vector<Executor> strands;
  std::atomic<std::uint32_t> running{0};
  Notifier stopped;
};

namespace {

// Builds the nodes of one lane.
class LaneBuilder {
 public:
  LaneBuilder(const LaneSet::Parts& parts, FieldPlan& fields, Signal signal, std::uint32_t lane,
              std::uint32_t lanes)
      : parts_(parts), fields_(fields), signal_(signal), lane_(lane), lanes_(lanes) {}

  // Transforms first, for the plan: encoders need the finished field plan.
  Result<LaneNode> node(const Plan::Pipeline& pipeline);
  // The batchers, in the order in which edges asked for them.
  void connect(LaneNode& node, const Plan::Pipeline& pipeline,
                   std::vector<std::unique_ptr<Batcher>>& sinks);

 private:
  Counter counter(const std::string& id, std::string_view name, std::string_view help, MetricLabels labels) {
    return parts_.meters.counter(parts_.scopes.of(id), name, help, std::move(labels));
  }

  const LaneSet::Parts& parts_;
  FieldPlan& fields_;
  Signal signal_;
  std::uint32_t lane_;
  std::uint32_t lanes_;
};

constexpr std::string_view kDroppedHelp = "Records that ended because the configuration says so.";

Result<LaneNode> LaneBuilder::node(const Plan::Pipeline& pipeline) {
  LaneNode node;
  node.id = "pipeline/" + pipeline.name;
  node.account = parts_.ledger.open(node.id, signal_);
  const std::string signal_name(name_of(signal_));
  node.no_route = counter(node.id, "sluice_dropped_records_total", kDroppedHelp,
                          {{"component", node.id}, {"signal", signal_name}, {"reason", "no_route"}});
  for (const Plan::Transform& plan : pipeline.transforms) {
    const TransformContext context{{.id = plan.id,
                                    .log = parts_.log,
                                    .clock = parts_.clock,
                                    .fs = parts_.fs,
                                    .meters = parts_.meters,
                                    .scope = parts_.scopes.of(plan.id),
                                    .host_name = parts_.plan.agent.host_name},
                                   fields_,
                                   lane_,
                                   signal_};
    Result<AnyTransform> made = plan.plugin->make(plan.config, context);
    if (!made) return std::unexpected(std::move(made.error()).during(plan.id));
    LaneStage stage;
    stage.id = plan.id;
    stage.transform = std::move(*made);
    if (plan.when) {
      stage.when = plan.when;
      stage.when->bind(fields_, parts_.plan.agent.host_name);
    }
    if (const std::string& reason = plan.plugin->traits.drop_reason; !reason.empty()) {
      stage.reason = drop_reason(reason);
      stage.dropped = counter(plan.id, "sluice_dropped_records_total", kDroppedHelp,
                              {{"component", plan.id}, {"signal", signal_name}, {"reason", reason}});
    }
    node.stages.push_back(std::move(stage));
  }
  for (const Plan::Edge& plan : pipeline.edges) {
    LaneEdge edge;
    if (plan.when) {
      edge.when = plan.when;
      edge.when->bind(fields_, parts_.plan.agent.host_name);
    }
    edge.is_else = plan.is_else;
    edge.when_full = plan.when_full.value_or(pipeline.when_full);
    edge.forwarded = counter(node.id, "sluice_forwarded_records_total",
                             "Records that a pipeline handed to a sink or another pipeline.",
                             {{"pipeline", pipeline.name}, {"to", plan.to}, {"signal", signal_name}});
    if (const Plan::Pipeline* next = parts_.plan.pipeline(plan.to)) {
      Result<LaneNode> chained = this->node(*next);
      if (!chained) return chained;
      edge.pipeline = std::make_unique<LaneNode>(std::move(*chained));
    }
    node.edges.push_back(std::move(edge));
  }
  return node;
}

void LaneBuilder::connect(LaneNode& node, const Plan::Pipeline& pipeline,
                              std::vector<std::unique_ptr<Batcher>>& sinks) {
  for (std::size_t i = 0; i < node.edges.size(); ++i) {
    LaneEdge& edge = node.edges[i];
    const Plan::Edge& plan = pipeline.edges[i];
    if (edge.pipeline) {
      connect(*edge.pipeline, *parts_.plan.pipeline(plan.to), sinks);
      continue;
    }
    const std::shared_ptr<Delivery> delivery = parts_.delivery(plan.to);
    for (const auto& known : sinks)
      if (known->delivery_ref() == delivery) edge.sink = known.get();
    if (edge.sink != nullptr) continue;
    const DeliveryOptions& options = delivery->options();
    const std::uint32_t shards = shards_for(options, lanes_);
    // A pipeline's share of memory bounds what its builders may hold together.
    const std::uint64_t share = parts_.budget.limit() / (std::uint64_t{lanes_} * shards * 4);
    const std::uint64_t target = std::max<std::uint64_t>(64 * 1024, std::min(options.batch_bytes, share));
    sinks.push_back(std::make_unique<Batcher>(delivery, signal_, fields_, lane_, shards, target,
                                              parts_.ledger, parts_.memory));
    edge.sink = sinks.back().get();
  }
}

// Batches need credit of the sinks that a `block` edge reaches on `block` edges only: behind a
// dropping edge the slow sink is the drop policy's business.
void collect_deliveries(const LaneSet::Parts& parts, const Plan::Pipeline& pipeline, bool is_required,
                        std::vector<std::shared_ptr<Delivery>>& required,
                        std::vector<std::shared_ptr<Delivery>>& reached) {
  for (const Plan::Edge& edge : pipeline.edges) {
    const bool blocks =
        is_required && edge.when_full.value_or(pipeline.when_full) == WhenFull::block;
    if (const Plan::Pipeline* next = parts.plan.pipeline(edge.to)) {
      collect_deliveries(parts, *next, blocks, required, reached);
      continue;
    }
    const std::shared_ptr<Delivery> delivery = parts.delivery(edge.to);
    if (blocks && std::ranges::find(required, delivery) == required.end()) required.push_back(delivery);
    if (std::ranges::find(reached, delivery) == reached.end()) reached.push_back(delivery);
  }
}

}  // namespace

Result<std::shared_ptr<LaneSet>> LaneSet::build(const Parts& parts) {
  auto impl = std::make_shared<Impl>();
  const std::uint32_t count = std::max(1u, parts.plan.agent.lanes);
  for (const Plan::Sink* sink : parts.plan.closure(parts.root).sinks)
    parts.delivery(sink->name)->sink()->demand(impl->fields);

  std::vector<Lane::Roots> roots(count);
  for (std::uint32_t lane = 0; lane < count; ++lane) {
    for (std::size_t i = 0; i < kSignals; ++i) {
      if (!parts.signals.has(static_cast<Signal>(i))) continue;
      LaneBuilder builder(parts, impl->fields, static_cast<Signal>(i), lane, count);
      Result<LaneNode> root = builder.node(parts.root);
      if (!root) return std::unexpected(root.error());
      roots[lane][i] = std::make_unique<LaneNode>(std::move(*root));
    }
  }
  for (std::uint32_t lane = 0; lane < count; ++lane) {
    std::vector<std::unique_ptr<Batcher>> all_sinks;
    for (std::size_t i = 0; i < kSignals; ++i) {
      if (!roots[lane][i]) continue;
      LaneBuilder builder(parts, impl->fields, static_cast<Signal>(i), lane, count);
      std::vector<std::unique_ptr<Batcher>> sinks;
      builder.connect(*roots[lane][i], parts.root, sinks);
      std::ranges::move(sinks, std::back_inserter(all_sinks));
    }
    impl->strands.push_back(parts.new_strand());
    impl->lanes.push_back(std::make_shared<Lane>(
        impl->strands.back(), Lane::Parts{.roots = std::move(roots[lane]),
                                          .sinks = std::move(all_sinks),
                                          .fields = impl->fields,
                                          .ledger = parts.ledger,
                                          .clock = parts.clock}));
  }
  collect_deliveries(parts, parts.root, true, impl->required, impl->reached);
  return std::shared_ptr<LaneSet>(new LaneSet(std::move(impl)));
}

LaneSet::LaneSet(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
LaneSet::~LaneSet() = default;

void LaneSet::start() {
  for (std::size_t i = 0; i < impl_->lanes.size(); ++i) {
    impl_->running.fetch_add(1, std::memory_order_relaxed);
    Task<> task = impl_->lanes[i]->run();
    auto done = [impl = impl_](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
      impl->running.fetch_sub(1, std::memory_order_acq_rel);
      impl->stopped.notify();
    };
    asio::co_spawn(impl_->strands[i], std::move(task), std::move(done));
  }
}

void LaneSet::stop() {
  for (const auto& lane : impl_->lanes) lane->stop();
}
bool LaneSet::has_stopped() const noexcept { return impl_->running.load(std::memory_order_acquire) == 0; }
Notifier& LaneSet::stopped() noexcept { return impl_->stopped; }
Gate::Behind LaneSet::behind() const { return {impl_->lanes, impl_->required, impl_->reached}; }
const FieldPlan& LaneSet::fields() const noexcept { return impl_->fields; }

}  // namespace pipeline
