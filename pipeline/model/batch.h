#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "pipeline/model/log_batch.h"
#include "pipeline/model/metric_batch.h"
#include "pipeline/model/signal.h"
#include "pipeline/model/span_batch.h"

namespace pipeline {

// A batch of any signal. Owned by exactly one component at a time; never null where it is passed.
using Batch =
    std::variant<std::unique_ptr<LogBatch>, std::unique_ptr<MetricBatch>, std::unique_ptr<SpanBatch>>;

inline Signal signal_of(const Batch& batch) noexcept { return static_cast<Signal>(batch.index()); }

inline BatchFrame& frame_of(Batch& batch) noexcept {
  return std::visit([](auto& b) -> BatchFrame& { return b->frame; }, batch);
}
inline const BatchFrame& frame_of(const Batch& batch) noexcept {
  return std::visit([](const auto& b) -> const BatchFrame& { return b->frame; }, batch);
}
inline std::size_t rows_of(const Batch& batch) noexcept {
  return std::visit([](const auto& b) { return b->rows(); }, batch);
}

template <class B>
inline constexpr Signal kSignalOf = std::is_same_v<B, LogBatch>      ? Signal::logs
                                    : std::is_same_v<B, MetricBatch> ? Signal::metrics
                                                                     : Signal::traces;

}  // namespace pipeline
