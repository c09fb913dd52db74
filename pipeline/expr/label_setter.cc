#include "pipeline/expr/label_setter.h"

#include <utility>

#include "pipeline/expr/label_cache.h"
#include "pipeline/expr/valid_text.h"

namespace pipeline {

LabelSetter::LabelSetter() = default;
LabelSetter::~LabelSetter() = default;
LabelSetter::LabelSetter(LabelSetter&&) noexcept = default;
LabelSetter& LabelSetter::operator=(LabelSetter&&) noexcept = default;

LabelSetter::LabelSetter(const LabelSpec& spec, LabelMode mode)
    : mode_(mode), cache_(std::make_unique<expr::LabelCache>()) {
  for (const LabelSpec::Entry& entry : spec.entries()) {
    if (!entry.text.is_constant()) {
      dynamics_.push_back({entry.label, entry.text});
    } else if (!entry.text.constant().empty()) {
      constants_.push_back({entry.label, expr::valid_text(entry.text.constant())});
    }
  }
  values_.resize(dynamics_.size());
}

void LabelSetter::bind(FieldPlan& fields, std::string_view host_name) {
  for (Dynamic& dynamic : dynamics_) dynamic.text.bind(fields, host_name);
}

std::size_t LabelSetter::cached() const noexcept { return cache_ ? cache_->size() : 0; }

LabelSetRef LabelSetter::derive(const LabelSet& base) const {
  std::vector<Label> labels;
  labels.reserve(base.labels().size() + constants_.size() + dynamics_.size());
  const auto add_base = [&] {
    labels.insert(labels.end(), base.labels().begin(), base.labels().end());
  };
  // Of equal names LabelSet::make() keeps the last.
  if (mode_ == LabelMode::overwrite) add_base();
  labels.insert(labels.end(), constants_.begin(), constants_.end());
  for (std::size_t i = 0; i < dynamics_.size(); ++i) {
    if (!values_[i].empty()) labels.push_back({dynamics_[i].label, expr::valid_text(values_[i])});
  }
  if (mode_ == LabelMode::fill) add_base();
  return LabelSet::make(std::move(labels));
}

void LabelSetter::apply(LogBatch& batch) {
  if (constants_.empty() && dynamics_.empty()) return;
  ++stamp_;
  scratch_.clear();
  for (Dynamic& dynamic : dynamics_) {
    dynamic.text.start(batch);
    dynamic.direct = dynamic.text.direct();
  }

  // The row before usually has the same labels and values, and the same place in memory for them
  // where they do not come from the line.
  std::uint32_t last_base = expr::LabelCache::kNone;
  std::uint32_t last_index = 0;
  batch.frame.live.for_each([&](std::size_t row) {
    const std::uint32_t base = batch.labels[row];
    bool same = base == last_base;
    for (std::size_t i = 0; i < dynamics_.size(); ++i) {
      const std::string_view value = dynamics_[i].direct.values != nullptr
                                         ? dynamics_[i].direct.at(row)
                                         : dynamics_[i].text.render(row, scratch_);
      same = same && value.data() == values_[i].data() && value.size() == values_[i].size();
      values_[i] = value;
    }
    if (!same) {
      last_base = base;
      last_index = index_in(batch, base);
    }
    batch.labels[row] = last_index;
  });
}

std::uint32_t LabelSetter::index_in(LogBatch& batch, std::uint32_t base) {
  const LabelSet* const labels = batch.label_sets[base].get();
  const std::uint64_t hash = expr::LabelCache::hash(labels, values_);
  std::uint32_t number = cache_->find(hash, labels, values_);
  if (number == expr::LabelCache::kNone) {
    LabelSetRef set = derive(*labels);
    // Nothing new: the set that the row has is as good.
    if (*set == *labels) set = batch.label_sets[base];
    number = cache_->add(hash, batch.label_sets[base], values_, std::move(set));
  }
  expr::LabelCache::Result& result = cache_->result(number);
  if (result.stamp != stamp_) {
    result.stamp = stamp_;
    if (result.set == batch.label_sets[base]) {
      result.index = base;
    } else {
      result.index = static_cast<std::uint32_t>(batch.label_sets.size());
      batch.label_sets.push_back(result.set);
    }
  }
  return result.index;
}

}  // namespace pipeline
