// The agent as a source: its own log and its own metrics, for pipelines.
#include <algorithm>
#include <deque>
#include <mutex>

#include "pipeline/base/notifier.h"
#include "pipeline/component/registry.h"

namespace plugins::sources::self {
namespace {

using pipeline::Label;
using pipeline::LabelSet;
using pipeline::LogBatch;
using pipeline::MetricBatch;
using pipeline::Part;
using pipeline::Result;
using pipeline::Task;

struct Config {
  pipeline::Duration interval = std::chrono::seconds(15);
  std::uint32_t max_lines = 1000;
};

pipeline::Schema<Config> schema() {
  pipeline::Schema<Config> s("self", "Gives the agent's own log and metrics to pipelines.");
  s.field("interval", &Config::interval, "How often the metrics are taken.", {.min = std::chrono::seconds(1)});
  s.field("max_lines", &Config::max_lines,
          "Log lines that wait for their pipeline at most; more are left out and counted in "
          "sluice_source_skipped_lines_total.",
          {.min = 1});
  return s;
}

// Lines on their way from whichever thread logs to the source's strand.
class Lines {
 public:
  struct Line {
    pipeline::Severity severity;
    std::string component;
    std::string text;
    pipeline::UnixNanos time;
  };
  explicit Lines(std::size_t max) : max_(max) {}

  // False when there is no room.
  bool add(Line line) {
    {
      const std::lock_guard lock(mutex_);
      if (lines_.size() >= max_) return false;
      lines_.push_back(std::move(line));
    }
    arrived.notify();
    return true;
  }
  std::deque<Line> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }
  pipeline::Notifier arrived;

 private:
  std::mutex mutex_;
  std::deque<Line> lines_;
  std::size_t max_;
};

class SelfSource final : public pipeline::Source {
 public:
  SelfSource(Config config, const pipeline::SourceContext& context)
      : config_(config),
        context_(context),
        lines_(config.max_lines),
        skipped_(context.meters.counter(context.scope, "sluice_source_skipped_lines_total",
                                        "Own log lines that found no room.", {{"source", context.source}})),
        partition_(new pipeline::Partition(1, {{"source", context.source}, {"host.name", context.host_name}})) {}

  Task<Result<>> run(pipeline::Output& out) override {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    // Only the process's real log can be listened to; a test's has nothing to say.
    auto* const log = dynamic_cast<pipeline::StreamLog*>(&context_.log);
    if (log != nullptr) {
      log->listen([this](pipeline::Severity severity, std::string_view component, std::string_view text) {
        if (!lines_.add({severity, std::string(component), std::string(text), context_.clock.unix_now()}))
          skipped_.add_shared(1);
      });
    }
    pipeline::Instant due = context_.clock.now();
    for (;;) {
      Task<bool> asking = pipeline::is_cancelled();
      const bool is_stopped = co_await std::move(asking);
      if (is_stopped) break;
      const std::uint64_t seen = lines_.arrived.epoch();
      if (std::deque<Lines::Line> lines = lines_.take(); !lines.empty()) {
        Task<Result<>> pushing = out.push(logs(lines), out.lane_of(*partition_));
        const Result<> pushed = co_await std::move(pushing);
        if (!pushed) break;
      }
      if (context_.clock.now() >= due) {
        due = context_.clock.now() + std::chrono::duration_cast<pipeline::Instant::duration>(config_.interval);
        Task<Result<>> pushing = out.push(metrics(), out.lane_of(*partition_));
        const Result<> pushed = co_await std::move(pushing);
        if (!pushed) break;
      }
      Task<> waiting = lines_.arrived.wait_until(seen, due, context_.clock);
      co_await std::move(waiting);
    }
    if (log != nullptr) log->listen({});
    co_return Result<>{};
  }

 private:
  template <class B>
  void finish(B& batch, std::uint64_t bytes) {
    Part part;
    part.rows = static_cast<std::uint32_t>(batch.rows());
    part.partition = partition_;
    part.begin = std::exchange(position_, position_ + batch.rows());
    batch.frame.parts.push_back(std::move(part));
    batch.frame.live.reset(batch.rows());
    batch.frame.read_at = context_.clock.now();
    batch.frame.raw_bytes = bytes;
  }

  std::unique_ptr<LogBatch> logs(const std::deque<Lines::Line>& lines) {
    auto batch = std::make_unique<LogBatch>();
    std::uint64_t bytes = 0;
    std::uint32_t row = 0;
    for (const Lines::Line& line : lines) {
      const auto labels = LabelSet::make({{"component", line.component},
                                          {"job", "sluice"},
                                          {"level", std::string(pipeline::name_of(line.severity))}});
      // Equal lines at equal times would be one at Loki.
      last_ = std::max(last_ + 1, line.time);
      batch->append(batch->frame.arena.copy(line.text), last_, row++, batch->label_index(labels));
      bytes += line.text.size();
    }
    finish(*batch, bytes);
    return batch;
  }

  std::unique_ptr<MetricBatch> metrics() {
    auto batch = std::make_unique<MetricBatch>();
    const std::int64_t now_ms = context_.clock.unix_now() / 1'000'000;
    for (pipeline::Meters::Sample& sample : context_.meters.samples()) {
      std::vector<Label> labels;
      for (auto& [name, value] : sample.labels) labels.push_back({name, value});
      labels.push_back({"__name__", sample.name});
      labels.push_back({"job", "sluice"});
      batch->append(static_cast<std::uint32_t>(batch->label_sets.size()), now_ms, sample.value);
      batch->label_sets.push_back(LabelSet::make(std::move(labels)));
    }
    finish(*batch, batch->rows() * 16);
    return batch;
  }

  Config config_;
  pipeline::SourceContext context_;
  Lines lines_;
  pipeline::Counter skipped_;
  pipeline::PartitionRef partition_;
  std::uint64_t position_ = 0;
  pipeline::UnixNanos last_ = 0;
};

void describe(const Config&, pipeline::Usage& usage) {
  for (const char* label : {"component", "job", "level"}) usage.labels.push_back({label, true, {}});
}

Result<std::unique_ptr<pipeline::Source>> make(const Config& config, const pipeline::SourceContext& context) {
  return std::make_unique<SelfSource>(config, context);
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_source<Config>(
      schema(),
      {.signals = {pipeline::Signal::logs, pipeline::Signal::metrics}, .replayable = false, .names = {}}, describe,
      make);
}

}  // namespace plugins::sources::self
