#pragma once

#include <memory>
#include <variant>

#include "pipeline/base/clock.h"
#include "pipeline/component/context.h"
#include "pipeline/model/batch.h"
#include "pipeline/model/field_plan.h"

namespace pipeline {

// Changes the columns of a batch or clears rows from its selection; the engine counts what was
// cleared under the reason that the plugin registered. CPU only: no I/O, no sleeping. One instance
// per lane, one thread at a time.
template <class B>
class TransformOf {
 public:
  virtual ~TransformOf() = default;
  // Only rows that are live in `batch.frame.live` exist for it: a `when:` has been applied.
  virtual void apply(B& batch) = 0;
};

// A transform that keeps rows beyond apply() (multiline, tail sampling). Rows that it keeps are
// cleared from the batch, copied into memory of its own together with a share of their acks, and
// counted by held(); they come back through release().
template <class B>
class HolderOf : public TransformOf<B> {
 public:
  // Rows held now. They are pending of this component.
  virtual std::size_t held() const = 0;
  // When release() wants to be called next; Instant::max() when it holds nothing.
  virtual Instant due() const = 0;
  // Rows whose time has come, or all of them when memory is short or the lane stops. Null for none.
  virtual std::unique_ptr<B> release(Instant now, bool everything) = 0;
};

using LogTransform = TransformOf<LogBatch>;
using MetricTransform = TransformOf<MetricBatch>;
using SpanTransform = TransformOf<SpanBatch>;
using LogHolder = HolderOf<LogBatch>;

using AnyTransform = std::variant<std::unique_ptr<LogTransform>, std::unique_ptr<MetricTransform>,
                                  std::unique_ptr<SpanTransform>>;

struct TransformContext : Context {
  FieldPlan& fields;  // say here what is read and written; fixed after all factories ran
  std::size_t lane = 0;
  Signal signal = Signal::logs;  // of the batches that it will get
};

}  // namespace pipeline
