#include "pipeline/app/agent.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>

#include "pipeline/app/admin.h"
#include "pipeline/app/data_dir.h"
#include "pipeline/app/process_metrics.h"
#include "pipeline/app/systemd.h"
#include "pipeline/codec/json_write.h"

namespace pipeline {
namespace {

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ", ";
    out += json_text(item);
  }
  return out + "]";
}

}  // namespace

struct Agent::Impl {
  Impl(Plan from, PlanReader read, StreamLog& to)
      : plan(std::move(from)),
        reader(std::move(read)),
        log(to),
        budget(plan.agent.memory),
        runtime(plan.agent.lanes),
        links(make_link_maker(clock, log)) {}

  Task<> live(Agent& agent, std::function<void()> on_running);
  Task<> watch_signals(Agent& agent);
  Task<> await_end();
  Task<ReloadAnswer> reload_once();
  Result<> open_data();
  void export_own_metrics();

  Plan plan;
  PlanReader reader;
  StreamLog& log;
  SystemClock clock;
  SystemFileSystem fs;
  Meters meters;
  MeterScope scope;
  Ledger ledger;
  MemoryBudget budget;
  Runtime runtime;
  LinkMaker links;
  std::unique_ptr<DataDir> data_dir;
  std::unique_ptr<PositionsFile> positions;
  std::unique_ptr<Topology> topology;
  std::unique_ptr<AdminServers> servers;
  std::atomic<Phase> phase{Phase::starting};
  std::atomic<int> signal{0};
  std::atomic<double> last_reload_ok{1};
  std::atomic<double> last_reload_time{0};
  int exit_code = 0;
  Notifier stop_wanted;
  bool is_reloading = false;
  std::uint64_t reloads_asked = 0;
  std::uint64_t reloads_done = 0;
  Notifier reloaded;
  ReloadAnswer last_answer;
};

Agent::Agent(Plan plan, PlanReader reader, StreamLog& log)
    : impl_(std::make_unique<Impl>(std::move(plan), std::move(reader), log)) {}
Agent::~Agent() = default;

Result<> Agent::Impl::open_data() {
  if (plan.agent.data_dir == "none") {
    log.warn("agent", "data_dir is none: positions are kept in memory and a restart reads files again");
    positions = PositionsFile::in_memory();
    return {};
  }
  Result<std::unique_ptr<DataDir>> opened = DataDir::open(fs, plan.agent.data_dir);
  if (!opened) return std::unexpected(opened.error());
  data_dir = std::move(*opened);
  Result<std::unique_ptr<PositionsFile>> file =
      PositionsFile::open(fs, log, plan.agent.data_dir + "/positions.log");
  if (!file) return std::unexpected(file.error());
  positions = std::move(*file);
  for (const std::string& scope_name : positions->scopes()) {
    const std::string source = scope_name.substr(0, scope_name.find('/'));
    const bool is_used = plan.source(source) != nullptr ||
                         std::ranges::any_of(plan.sources, [&](const auto& s) { return s.was == source; });
    if (!is_used) {
      log.warn("agent", fmt::format("positions of `{0}` are unused: a source that was renamed takes them "
                                    "over with `was: {0}`", source));
    }
  }
  return {};
}

void Agent::Impl::export_own_metrics() {
  scope = meters.scope();
  export_process_metrics(meters, scope);
  const auto gauge = [this](std::string_view name, std::string_view help, std::function<double()> read,
                            MetricLabels labels = {}) {
    meters.observe(scope, MetricKind::gauge, name, help, std::move(labels), std::move(read));
  };
  gauge("sluice_memory_budget_bytes", "What batches and queues may take together (agent.memory).",
        [this] { return static_cast<double>(budget.limit()); });
  gauge("sluice_memory_used_bytes", "What batches and queues take now.",
        [this] { return static_cast<double>(budget.used()); });
  gauge("sluice_lanes", "Lanes of a pipeline (agent.lanes).",
        [lanes = plan.agent.lanes] { return static_cast<double>(lanes); });
  gauge("sluice_config_last_reload_successful", "1 when the latest (re)load was taken.",
        [this] { return last_reload_ok.load(); });
  gauge("sluice_config_last_reload_success_timestamp_seconds", "When the configuration in use was taken.",
        [this] { return last_reload_time.load(); });
  gauge("sluice_config_info", "1, labelled with the generation of the configuration.", [] { return 1.0; });
  gauge("sluice_build_info", "1, labelled with the version.", [] { return 1.0; },
        {{"version", SLUICE_VERSION}});
  last_reload_time = static_cast<double>(clock.unix_now()) * 1e-9;
}

int Agent::run(const std::function<void()>& on_running) {
  Impl& agent = *impl_;
  if (const Result<> opened = agent.open_data(); !opened) {
    agent.log.error("agent", opened.error().message());
    return 1;
  }
  agent.export_own_metrics();
  agent.topology = std::make_unique<Topology>(
      TopologyParts{.new_strand = [&agent] { return agent.runtime.new_strand(); },
                    .fs = agent.fs,
                    .clock = agent.clock,
                    .log = agent.log,
                    .meters = agent.meters,
                    .ledger = agent.ledger,
                    .budget = agent.budget,
                    .positions = *agent.positions,
                    .links = agent.links});
  agent.servers = std::make_unique<AdminServers>(*this, agent.plan.agent, agent.log);
  Task<> living = agent.live(*this, on_running);
  asio::co_spawn(agent.runtime.control(), std::move(living), [&agent](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    agent.runtime.finish();
  });
  agent.runtime.run();
  return agent.exit_code;
}

Task<> Agent::Impl::live(Agent& agent, std::function<void()> on_running) {
  const Result<> listening = servers->start();
  if (!listening) {
    log.error("agent", listening.error().message());
    exit_code = 1;
    co_return;
  }
  Task<> watching = watch_signals(agent);
  asio::co_spawn(runtime.control(), std::move(watching), asio::detached);
  Plan starting = plan;
  Task<Result<>> start = topology->start(std::move(starting));
  const Result<> started = co_await std::move(start);
  if (!started) {
    log.error("agent", started.error().message());
    exit_code = 1;
    Task<> closing = servers->stop();
    co_await std::move(closing);
    co_return;
  }
  phase = Phase::running;
  log.info("agent", fmt::format("started version={} sources={} pipelines={} sinks={} listen={} admin={} "
                                "memory={}MiB lanes={}",
                                SLUICE_VERSION, plan.sources.size(), plan.pipelines.size(), plan.sinks.size(),
                                plan.agent.listen, plan.agent.admin, plan.agent.memory >> 20, plan.agent.lanes));
  notify_systemd("READY=1\nSTATUS=running");
  if (on_running) on_running();

  Task<> ending = await_end();
  co_await std::move(ending);
  phase = Phase::draining;
  notify_systemd("STOPPING=1");
  Task<> stopping = topology->stop();
  co_await std::move(stopping);
  phase = Phase::stopped;
  Task<> closing = servers->stop();
  co_await std::move(closing);
  std::uint64_t lost = 0;
  for (const Ledger::Line& line : ledger.snapshot()) lost += line.account.lost_total();
  exit_code = lost > 0 ? 3 : 0;
}

// Returns at the first signal to stop, or when every source has come to its end.
Task<> Agent::Impl::await_end() {
  for (;;) {
    const std::uint64_t seen_signal = stop_wanted.epoch();
    const std::uint64_t seen_end = topology->ended().epoch();
    if (signal.load() != 0 || topology->has_ended()) co_return;
    // Whichever comes first; sources that end are looked for at least so often.
    Task<> waiting = stop_wanted.wait_until(seen_signal, clock.now() + std::chrono::milliseconds(200), clock);
    co_await std::move(waiting);
    static_cast<void>(seen_end);
  }
}

Task<> Agent::Impl::watch_signals(Agent& agent) {
  asio::signal_set signals(runtime.control_context(), SIGTERM, SIGINT, SIGHUP);
  for (;;) {
    const auto [error, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    if (number == SIGHUP) {
      Task<ReloadAnswer> reloading = agent.reload();
      asio::co_spawn(runtime.control(), std::move(reloading), asio::detached);
      continue;
    }
    if (signal.exchange(number) != 0) {
      // A second signal: the positions hold what was acknowledged; nothing else is waited for.
      static_cast<void>(positions->flush());
      ::_exit(128 + number);
    }
    log.info("agent", number == SIGTERM ? "SIGTERM: draining; a second signal ends at once"
                                        : "SIGINT: draining; a second signal ends at once");
    stop_wanted.notify();
  }
}

Task<Agent::ReloadAnswer> Agent::reload() {
  Impl& agent = *impl_;
  // Calls that come during a reload are merged into the one that follows it.
  const std::uint64_t ticket = ++agent.reloads_asked;
  for (;;) {
    const std::uint64_t seen = agent.reloaded.epoch();
    if (agent.reloads_done >= ticket) co_return agent.last_answer;
    if (!agent.is_reloading) break;
    Task<> waiting = agent.reloaded.wait(seen);
    co_await std::move(waiting);
  }
  const std::uint64_t covers = agent.reloads_asked;
  agent.is_reloading = true;
  Task<ReloadAnswer> reloading = agent.reload_once();
  ReloadAnswer answer = co_await std::move(reloading);
  agent.is_reloading = false;
  agent.reloads_done = covers;
  agent.last_answer = answer;
  agent.last_reload_ok = answer.status == 200 ? 1 : 0;
  if (answer.status == 200) agent.last_reload_time = static_cast<double>(agent.clock.unix_now()) * 1e-9;
  agent.reloaded.notify();
  co_return answer;
}

Task<Agent::ReloadAnswer> Agent::Impl::reload_once() {
  if (phase != Phase::running) co_return ReloadAnswer{409, R"({"error": "not running"})"};
  Diagnostics diagnostics;
  std::optional<Plan> next = reader(diagnostics);
  if (!next) {
    const std::string text = diagnostics.to_text();
    log.error("agent", "reload refused, the running configuration stays: " + text);
    co_return ReloadAnswer{400, fmt::format(R"({{"error": "the configuration is wrong", "diagnostics": {}}})",
                                            diagnostics.to_json())};
  }
  for (const Plan::Source& source : plan.sources) {
    const bool stays = std::ranges::any_of(
        next->sources, [&](const Plan::Source& s) { return s.name == source.name || s.was == source.name; });
    if (!stays) log.warn("agent", fmt::format("positions of `{}` are unused from now on", source.name));
  }
  Plan taken = *next;
  Task<Result<ReloadOutcome>> reloading = topology->reload(std::move(*next));
  const Result<ReloadOutcome> outcome = co_await std::move(reloading);
  if (!outcome) {
    log.error("agent", "reload refused, the running configuration stays: " + outcome.error().message());
    co_return ReloadAnswer{400, fmt::format(R"({{"error": {}}})", json_text(outcome.error().message()))};
  }
  if (!outcome->held_by.empty()) {
    co_return ReloadAnswer{409, fmt::format(R"({{"error": "held", "component": {}}})", json_text(outcome->held_by))};
  }
  plan = std::move(taken);
  log.info("agent", fmt::format("reloaded: generation {}, {} added, {} changed, {} removed, {} unchanged",
                                outcome->generation, outcome->added.size(), outcome->changed.size(),
                                outcome->removed.size(), outcome->unchanged));
  co_return ReloadAnswer{
      200, fmt::format(R"({{"generation": {}, "added": {}, "changed": {}, "removed": {}, "unchanged": {}}})",
                       outcome->generation, json_list(outcome->added), json_list(outcome->changed),
                       json_list(outcome->removed), outcome->unchanged)};
}

std::string Agent::ready_reason() const {
  switch (impl_->phase.load()) {
    case Phase::starting: return "starting";
    case Phase::draining:
    case Phase::stopped: return "draining";
    case Phase::running: break;
  }
  if (impl_->plan.agent.ready_when_sinks_reachable && !impl_->topology->are_sinks_reachable())
    return "a sink is not reachable";
  return "";
}

Agent::Phase Agent::phase() const noexcept { return impl_->phase; }
const Topology& Agent::topology() const { return *impl_->topology; }
Ledger& Agent::ledger() noexcept { return impl_->ledger; }
Meters& Agent::meters() noexcept { return impl_->meters; }
Runtime& Agent::runtime() noexcept { return impl_->runtime; }
const std::string& Agent::admin_address() const { return impl_->servers->admin_address(); }
const std::string& Agent::listen_address() const { return impl_->servers->listen_address(); }

}  // namespace pipeline
