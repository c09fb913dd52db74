#include "plugins/transforms/remove/label_remover.h"

#include <algorithm>
#include <utility>

namespace plugins::transforms::remove {

using pipeline::Label;
using pipeline::LabelSet;
using pipeline::LabelSetRef;
using pipeline::LogBatch;

namespace {
constexpr std::uint32_t kUnset = ~std::uint32_t{0};
}

void LabelRemover::apply(LogBatch& batch) {
  if (names_.empty()) return;
  moved_.assign(batch.label_sets.size(), kUnset);
  batch.frame.live.for_each([&](std::size_t row) {
    const std::uint32_t from = batch.labels[row];
    if (moved_[from] == kUnset) {
      const LabelSetRef before = batch.label_sets[from];
      moved_[from] = batch.label_index(without(before));
    }
    batch.labels[row] = moved_[from];
  });
}

const LabelSetRef& LabelRemover::without(const LabelSetRef& set) {
  const auto found = known_.find(set.get());
  if (found != known_.end()) return found->second.after;
  if (known_.size() >= kMaxLabelSets) known_.clear();
  std::vector<Label> kept;
  for (const Label& label : set->labels())
    if (std::find(names_.begin(), names_.end(), label.name) == names_.end()) kept.push_back(label);
  LabelSetRef after = kept.size() == set->labels().size() ? set : LabelSet::make(std::move(kept));
  return known_.emplace(set.get(), Known{set, std::move(after)}).first->second.after;
}

}  // namespace plugins::transforms::remove
