#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/expr/column_view.h"
#include "pipeline/expr/program.h"
#include "pipeline/model/selection.h"

namespace pipeline::expr {

// What one evaluation works with. Kept between batches, so that nothing is allocated once the
// largest batch has been seen.
struct Workspace {
  std::vector<Selection> selections;  // two for each step
  std::vector<std::uint8_t> answers;  // of a dictionary's entries
  std::string lowered;
};

// Makes `out` the rows of `in` for which the program holds. `views[i]` lays out the program's i-th
// name; it knows nothing else about the batch.
class Evaluation {
 public:
  // `clock` is read for now(), at most once.
  Evaluation(const Program& program, std::span<const ColumnView> views, Workspace& workspace,
             const Clock& clock)
      : program_(program), views_(views), workspace_(workspace), clock_(clock) {
    workspace_.selections.resize(program.steps.size() * 2);
  }

  void run(const Selection& in, Selection& out) { step(program_.root, in, out); }
  std::uint64_t unconvertible() const noexcept { return unconvertible_; }

 private:
  void step(std::uint32_t index, const Selection& in, Selection& out);
  void all_of(std::uint32_t index, const Selection& in, Selection& out);
  void any_of(std::uint32_t index, const Selection& in, Selection& out);
  void leaf(const Step& step, const Selection& in, Selection& out);
  void names(const Step& step, const Selection& in, Selection& out);
  template <class Match>
  void look(const ColumnView& view, const Match& match, const Selection& in, Selection& out);
  template <class ValueAt, class Match>
  void rows(const ValueAt& value_at, const Match& match, const Selection& in, Selection& out);
  UnixNanos now();

  const Program& program_;
  std::span<const ColumnView> views_;
  Workspace& workspace_;
  const Clock& clock_;
  UnixNanos now_value_ = 0;
  bool now_known_ = false;
  std::uint64_t unconvertible_ = 0;
};

// The value of a row. `times` has no text: missing.
Value value_at(const ColumnView& view, std::size_t row) noexcept;

}  // namespace pipeline::expr
