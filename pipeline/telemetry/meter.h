#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pipeline {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// A monotone count with one writer at a time. Reading is free for everyone; cells of one series are
// summed when scraped. Copies refer to the same cell. Default-constructed it counts into the void.
class Counter {
 public:
  Counter() = default;
  void add(std::uint64_t n) noexcept {
    if (cell_) cell_->store(cell_->load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  // For counters that several threads share.
  void add_shared(std::uint64_t n) noexcept {
    if (cell_) cell_->fetch_add(n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return cell_ ? cell_->load(std::memory_order_relaxed) : 0; }

 private:
  friend class Meters;
  explicit Counter(std::shared_ptr<std::atomic<std::uint64_t>> cell) : cell_(std::move(cell)) {}
  std::shared_ptr<std::atomic<std::uint64_t>> cell_;
};

// A distribution with fixed upper bounds, in the unit of the metric's name. Thread-safe; meant for a
// few observations per batch.
class Histogram {
 public:
  Histogram() = default;
  // `count` equal observations at once.
  void observe(double value, std::uint64_t count = 1) noexcept;

 private:
  friend class Meters;
  struct Cells {
    std::vector<double> bounds;
    std::unique_ptr<std::atomic<std::uint64_t>[]> buckets;  // one more than bounds: +Inf
    std::atomic<double> sum{0};
  };
  explicit Histogram(std::shared_ptr<Cells> cells) : cells_(std::move(cells)) {}
  std::shared_ptr<Cells> cells_;
};

enum class MetricKind : std::uint8_t { counter, gauge };

// Every series of one owner disappears with its scope: a component that a reload removes takes its
// series along. Move-only.
class MeterScope {
 public:
  MeterScope() = default;
  ~MeterScope();
  MeterScope(MeterScope&& other) noexcept;
  MeterScope& operator=(MeterScope&& other) noexcept;

 private:
  friend class Meters;
  MeterScope(class Meters* meters, std::uint64_t id) : meters_(meters), id_(id) {}
  class Meters* meters_ = nullptr;
  std::uint64_t id_ = 0;
};

// The agent's own metrics. Made by main(), lent to everyone. Thread-safe. Names follow Prometheus's
// rules; prometheus-cpp writes the page and is seen nowhere else.
class Meters {
 public:
  Meters();
  ~Meters();

  // REQUIRES: this outlives the scope.
  MeterScope scope();

  // A new cell of the series (name, labels). Exported from now on, as 0 at first. All calls with one
  // name use the same help.
  Counter counter(const MeterScope& scope, std::string_view name, std::string_view help,
                  MetricLabels labels);
  Histogram histogram(const MeterScope& scope, std::string_view name, std::string_view help,
                      std::vector<double> bounds, MetricLabels labels);
  // Read when scraped, on the scraping thread; must not block. Values of one series are summed.
  void observe(const MeterScope& scope, MetricKind kind, std::string_view name, std::string_view help,
               MetricLabels labels, std::function<double()> read);

  // One consistent family of values at a time, for numbers that must agree with each other: called
  // once per page before any observe() of the page is read.
  void before_page(const MeterScope& scope, std::function<void()> snapshot);

  // The page in Prometheus's text format 0.0.4.
  std::string page() const;

  // One sample of the page, for the `self` source and `top`.
  struct Sample {
    std::string name;
    MetricLabels labels;
    double value = 0;
  };
  std::vector<Sample> samples() const;

 private:
  friend class MeterScope;
  void forget(std::uint64_t scope);
  struct State;
  std::unique_ptr<State> state_;
};

// Bounds for durations in seconds: 1 ms to 2 minutes.
std::vector<double> duration_bounds();

}  // namespace pipeline
