#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/expr/column_view.h"
#include "pipeline/expr/names.h"
#include "pipeline/model/arena.h"
#include "pipeline/model/field_plan.h"
#include "pipeline/model/log_batch.h"
#include "pipeline/model/value.h"

namespace pipeline {

// Reads one name from log batches. Each lane has its own copy; one thread at a time.
//
//   reader.bind(context.fields, context.host_name);   // in the factory
//   reader.start(batch);                              // in apply(), before the first row
//   live.for_each([&](std::size_t row) { use(reader.at(row, batch.frame.arena)); });
class ValueReader {
 public:
  ValueReader() = default;  // reads missing
  explicit ValueReader(Name name) : name_(std::move(name)) {}

  // Asks the plan for what the name needs. `host_name`: of Context; the machine's when empty.
  void bind(FieldPlan& fields, std::string_view host_name = {});

  // REQUIRES: bind(). The values that at() and view() give are those of now: start again after a
  // transform has changed the column. Views point into the batch, this reader or the host name.
  void start(const LogBatch& batch);

  // Ascending rows are fastest. Only `$time` writes into `arena` (RFC 3339 text, UTC).
  Value at(std::size_t row, Arena& arena);
  // The same layout for a loop of one's own.
  const ColumnView& view() const noexcept { return view_; }

  const Name& name() const noexcept { return name_; }
  // kNoField when the name is no column of the plan.
  FieldSlot slot() const noexcept { return slot_; }

 private:
  Value from_ranges(std::size_t row) noexcept;

  Name name_;
  std::string host_name_;
  FieldSlot slot_ = kNoField;
  ColumnView view_;
  std::vector<Value> dictionary_;
  std::vector<ColumnView::Range> ranges_;
  std::size_t range_ = 0;  // where from_ranges() found the row before
};

// `2026-01-02T03:04:05.678Z`: only as many digits of the second as are not zero.
std::string_view format_time(UnixNanos time, Arena& arena);

}  // namespace pipeline
