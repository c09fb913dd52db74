#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/model/batch_frame.h"
#include "pipeline/model/labels.h"

namespace pipeline {

// Samples that travel together, as columns: (series, time, value). One thread at a time.
class MetricBatch {
 public:
  BatchFrame frame;

  std::vector<std::uint32_t> series;     // index into label_sets; the name is the label __name__
  std::vector<std::int64_t> time_ms;     // Unix milliseconds
  std::vector<double> value;             // a staleness marker is the NaN of Prometheus
  std::vector<LabelSetRef> label_sets;   // this batch's dictionary

  std::size_t rows() const noexcept { return value.size(); }
  void append(std::uint32_t series_index, std::int64_t when_ms, double sample) {
    series.push_back(series_index);
    time_ms.push_back(when_ms);
    value.push_back(sample);
  }
  // As LogBatch::branch().
  std::unique_ptr<MetricBatch> branch() {
    auto copy = std::make_unique<MetricBatch>();
    frame.share_into(copy->frame);
    copy->series = series;
    copy->time_ms = time_ms;
    copy->value = value;
    copy->label_sets = label_sets;
    return copy;
  }
  void clear() noexcept {
    frame.clear();
    series.clear();
    time_ms.clear();
    value.clear();
    label_sets.clear();
  }
};

}  // namespace pipeline
