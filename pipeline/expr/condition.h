#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/expr/problem.h"
#include "pipeline/expr/value_reader.h"
#include "pipeline/model/field_plan.h"
#include "pipeline/model/log_batch.h"
#include "pipeline/model/selection.h"

namespace pipeline {

namespace expr {
class Program;
}

// What a component lends the conditions that it evaluates, and what it hears from them. One for
// each component and lane, so that the count is the component's.
struct EvalContext {
  explicit EvalContext(const Clock& of) : clock(of) {}

  const Clock& clock;  // for now(); read at most once a batch
  // Values that a literal asked to convert and that do not ("n/a" >= 500): they count as missing.
  std::uint64_t conversion_failures = 0;
};

// A name that an expression or a text reads, and where in it.
struct Mention {
  std::string name;  // canonical
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

// An expression: `when:`, `drop`, `keep`, an edge's `when`. docs/expressions.md is the language.
//
// Two-valued: what is missing equals nothing. Configurations hold one; each lane evaluates its own
// copy (cheap: the compiled form is shared), which keeps the scratch memory. One thread at a time.
class Condition {
 public:
  Condition();  // holds for every record
  ~Condition();
  Condition(const Condition& other);
  Condition& operator=(const Condition& other);
  Condition(Condition&& other) noexcept;
  Condition& operator=(Condition&& other) noexcept;

  // All errors of the text at once, with their places.
  static Compiled<Condition> compile(std::string_view text);

  // As it was written; "" for the one that is always true.
  const std::string& text() const noexcept;
  // Made of literals only, so that it holds for all records or for none.
  bool is_constant() const noexcept;
  // In the order of the text; a name that is used twice is there twice.
  const std::vector<Mention>& mentions() const noexcept;

  // Asks the plan for what it reads.
  void bind(FieldPlan& fields, std::string_view host_name = {});

  // Makes `out` the rows of `in` for which the condition holds. Does not allocate once it has seen
  // a batch of that size. `in` and `out` are different objects. REQUIRES: bind().
  void evaluate(const LogBatch& batch, const Selection& in, Selection& out, EvalContext& context);

 private:
  explicit Condition(std::shared_ptr<const expr::Program> program);
  struct Scratch;

  std::shared_ptr<const expr::Program> program_;
  std::vector<ValueReader> readers_;  // one per distinct name
  std::unique_ptr<Scratch> scratch_;  // made when first needed
};

}  // namespace pipeline
