#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/expr/label_spec.h"
#include "pipeline/model/arena.h"
#include "pipeline/model/field_plan.h"
#include "pipeline/model/labels.h"
#include "pipeline/model/log_batch.h"

namespace pipeline {

namespace expr {
class LabelCache;
}

// Which side wins when a record has the label already.
enum class LabelMode : std::uint8_t {
  overwrite,  // the spec: a transform over its source
  fill,       // the record: sinks and agent.labels fill what is absent
};

// Combinations of (labels so far, values) that are remembered, and bytes of values: more than that,
// and everything is forgotten.
inline constexpr std::size_t kMaxLabelCombinations = 8192;
inline constexpr std::size_t kMaxLabelCacheBytes = 2 * 1024 * 1024;

// Gives the rows of batches the labels of a LabelSpec. A combination of labels and values that was
// seen before costs a look-up; a new one makes a LabelSet. Values become valid UTF-8 (U+FFFD).
//
// One per lane; one thread at a time.
class LabelSetter {
 public:
  LabelSetter();
  LabelSetter(const LabelSpec& spec, LabelMode mode);
  ~LabelSetter();
  LabelSetter(LabelSetter&&) noexcept;
  LabelSetter& operator=(LabelSetter&&) noexcept;

  // Asks the plan for what the texts read.
  void bind(FieldPlan& fields, std::string_view host_name = {});
  // Live rows of the batch only. REQUIRES: bind().
  void apply(LogBatch& batch);

  // Combinations remembered now.
  std::size_t cached() const noexcept;

 private:
  struct Dynamic {
    std::string label;
    Text text;
    Text::Direct direct = {};  // of the batch in hand
  };
  // The labels of a row that had `base` and has values_.
  LabelSetRef derive(const LabelSet& base) const;
  // Their place in the batch's dictionary.
  std::uint32_t index_in(LogBatch& batch, std::uint32_t base);

  LabelMode mode_ = LabelMode::overwrite;
  std::vector<Label> constants_;
  std::vector<Dynamic> dynamics_;
  std::vector<std::string_view> values_;  // of the row in hand
  Arena scratch_;                         // texts of several pieces, for one batch
  std::uint64_t stamp_ = 0;               // of the batch in hand
  std::unique_ptr<expr::LabelCache> cache_;
};

}  // namespace pipeline
