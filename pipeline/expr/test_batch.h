#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/model/log_batch.h"

namespace pipeline::expr {

// A clock that stands still.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(UnixNanos now = 0) : now_(now) {}
  Instant now() const override { return Instant{}; }
  UnixNanos unix_now() const override { return now_; }
  Task<> sleep_until(Instant) override { co_return; }

 private:
  UnixNanos now_;
};

// One row of a test: planned fields by canonical name.
using Fields = std::vector<std::pair<std::string, Value>>;

// A batch with a row for each of `rows`, one partition for all of them. Fields that are not in the
// plan are left out, as a parser would.
inline void fill(LogBatch& batch, const FieldPlan& plan, const std::vector<Fields>& rows,
                 std::vector<std::pair<std::string, std::string>> attributes = {}) {
  batch.clear();
  batch.bind(plan);
  if (batch.label_sets.empty()) batch.label_sets.push_back(LabelSet::empty());
  for (std::uint32_t i = 0; i < rows.size(); ++i) batch.append("line", i, i, 0);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const auto& [name, value] : rows[row]) {
      const FieldSlot slot = plan.find(name);
      if (slot != kNoField) batch.field_for_write(slot)[row] = value;
    }
  }
  Part part;
  part.rows = static_cast<std::uint32_t>(rows.size());
  part.partition = PartitionRef(new Partition(1, std::move(attributes)));
  batch.frame.parts.push_back(std::move(part));
  batch.frame.live.reset(rows.size());
}

}  // namespace pipeline::expr
