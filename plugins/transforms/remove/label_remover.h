#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/model/log_batch.h"

namespace plugins::transforms::remove {

// Label sets that are remembered with what became of them; more, and all are forgotten.
inline constexpr std::size_t kMaxLabelSets = 8192;

// Takes labels off records. One per lane.
class LabelRemover {
 public:
  LabelRemover() = default;
  explicit LabelRemover(std::vector<std::string> names) : names_(std::move(names)) {}

  // Live rows only.
  void apply(pipeline::LogBatch& batch);

 private:
  const pipeline::LabelSetRef& without(const pipeline::LabelSetRef& set);

  struct Known {
    pipeline::LabelSetRef before;  // keeps the address from being used again
    pipeline::LabelSetRef after;
  };
  std::vector<std::string> names_;
  std::unordered_map<const pipeline::LabelSet*, Known> known_;
  std::vector<std::uint32_t> moved_;  // by index in the batch's dictionary; kUnset: not asked yet
};

}  // namespace plugins::transforms::remove
