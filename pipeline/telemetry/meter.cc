#include "pipeline/telemetry/meter.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

namespace pipeline {

void Histogram::observe(double value, std::uint64_t count) noexcept {
  if (!cells_) return;
  const auto at = std::lower_bound(cells_->bounds.begin(), cells_->bounds.end(), value);
  const auto index = static_cast<std::size_t>(at - cells_->bounds.begin());
  cells_->buckets[index].fetch_add(count, std::memory_order_relaxed);
  cells_->sum.fetch_add(value * static_cast<double>(count), std::memory_order_relaxed);
}

std::vector<double> duration_bounds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};
}

struct Meters::State {
  struct Cell {
    std::uint64_t scope = 0;
    std::shared_ptr<std::atomic<std::uint64_t>> counter;
    std::shared_ptr<Histogram::Cells> histogram;
    std::function<double()> read;
  };
  struct Family {
    std::string help;
    prometheus::MetricType type = prometheus::MetricType::Untyped;
    std::map<MetricLabels, std::vector<Cell>> series;
  };
  mutable std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> before;
  std::uint64_t next_scope = 1;

  Cell& add(std::string_view name, std::string_view help, prometheus::MetricType type,
            MetricLabels labels, std::uint64_t scope) {
    std::sort(labels.begin(), labels.end());
    Family& family = families[std::string(name)];
    family.help = help;
    family.type = type;
    std::vector<Cell>& cells = family.series[std::move(labels)];
    cells.emplace_back().scope = scope;
    return cells.back();
  }

  prometheus::MetricFamily collect(const std::string& name, const Family& family) const {
    prometheus::MetricFamily out;
    out.name = name;
    out.help = family.help;
    out.type = family.type;
    for (const auto& [labels, cells] : family.series) {
      prometheus::ClientMetric metric;
      for (const auto& [key, value] : labels) metric.label.push_back({key, value});
      if (family.type == prometheus::MetricType::Histogram) {
        fill_histogram(cells, metric.histogram);
      } else {
        double sum = 0;
        for (const Cell& cell : cells) {
          sum += cell.read ? cell.read()
                           : static_cast<double>(cell.counter->load(std::memory_order_relaxed));
        }
        metric.counter.value = sum;
        metric.gauge.value = sum;
      }
      out.metric.push_back(std::move(metric));
    }
    return out;
  }

  static void fill_histogram(const std::vector<Cell>& cells,
                             prometheus::ClientMetric::Histogram& out) {
    const std::vector<double>& bounds = cells.front().histogram->bounds;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
      for (const Cell& cell : cells)
        cumulative += cell.histogram->buckets[i].load(std::memory_order_relaxed);
      const double bound =
          i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
      out.bucket.push_back({cumulative, bound});
    }
    out.sample_count = cumulative;
    for (const Cell& cell : cells) out.sample_sum += cell.histogram->sum.load(std::memory_order_relaxed);
  }
};

Meters::Meters() : state_(std::make_unique<State>()) {}
Meters::~Meters() = default;

MeterScope Meters::scope() {
  const std::lock_guard lock(state_->mutex);
  return MeterScope(this, state_->next_scope++);
}

MeterScope::~MeterScope() {
  if (meters_ != nullptr) meters_->forget(id_);
}
MeterScope::MeterScope(MeterScope&& other) noexcept
    : meters_(std::exchange(other.meters_, nullptr)), id_(other.id_) {}
MeterScope& MeterScope::operator=(MeterScope&& other) noexcept {
  if (this != &other) {
    if (meters_ != nullptr) meters_->forget(id_);
    meters_ = std::exchange(other.meters_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

void Meters::forget(std::uint64_t scope) {
  const std::lock_guard lock(state_->mutex);
  for (auto family = state_->families.begin(); family != state_->families.end();) {
    auto& series = family->second.series;
    for (auto entry = series.begin(); entry != series.end();) {
      std::erase_if(entry->second, [scope](const State::Cell& cell) { return cell.scope == scope; });
      entry = entry->second.empty() ? series.erase(entry) : std::next(entry);
    }
    family = series.empty() ? state_->families.erase(family) : std::next(family);
  }
  std::erase_if(state_->before, [scope](const auto& entry) { return entry.first == scope; });
}

Counter Meters::counter(const MeterScope& scope, std::string_view name, std::string_view help,
                        MetricLabels labels) {
  const std::lock_guard lock(state_->mutex);
  State::Cell& cell =
      state_->add(name, help, prometheus::MetricType::Counter, std::move(labels), scope.id_);
  cell.counter = std::make_shared<std::atomic<std::uint64_t>>(0);
  return Counter(cell.counter);
}

Histogram Meters::histogram(const MeterScope& scope, std::string_view name, std::string_view help,
                            std::vector<double> bounds, MetricLabels labels) {
  auto cells = std::make_shared<Histogram::Cells>();
  cells->buckets = std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1);
  cells->bounds = std::move(bounds);
  const std::lock_guard lock(state_->mutex);
  state_->add(name, help, prometheus::MetricType::Histogram, std::move(labels), scope.id_).histogram =
      cells;
  return Histogram(std::move(cells));
}

void Meters::observe(const MeterScope& scope, MetricKind kind, std::string_view name,
                     std::string_view help, MetricLabels labels, std::function<double()> read) {
  const auto type =
      kind == MetricKind::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  const std::lock_guard lock(state_->mutex);
  state_->add(name, help, type, std::move(labels), scope.id_).read = std::move(read);
}

void Meters::before_page(const MeterScope& scope, std::function<void()> snapshot) {
  const std::lock_guard lock(state_->mutex);
  state_->before.emplace_back(scope.id_, std::move(snapshot));
}

std::string Meters::page() const {
  std::vector<prometheus::MetricFamily> families;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [id, snapshot] : state_->before) snapshot();
    families.reserve(state_->families.size());
    for (const auto& [name, family] : state_->families)
      families.push_back(state_->collect(name, family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::vector<Meters::Sample> Meters::samples() const {
  std::vector<Sample> out;
  const std::lock_guard lock(state_->mutex);
  for (const auto& [id, snapshot] : state_->before) snapshot();
  for (const auto& [name, family] : state_->families) {
    if (family.type == prometheus::MetricType::Histogram) continue;
    const prometheus::MetricFamily collected = state_->collect(name, family);
    auto metric = collected.metric.begin();
    for (const auto& [labels, cells] : family.series) {
      out.push_back({name, labels, metric->counter.value});
      ++metric;
    }
  }
  return out;
}

}  // namespace pipeline
