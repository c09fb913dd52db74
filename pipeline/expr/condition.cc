#include "pipeline/expr/condition.h"

#include <utility>

#include "pipeline/base/assert.h"
#include "pipeline/expr/evaluate.h"
#include "pipeline/expr/program.h"

namespace pipeline {

struct Condition::Scratch {
  expr::Workspace workspace;
  std::vector<ColumnView> views;
};

Condition::Condition() = default;
Condition::~Condition() = default;
Condition::Condition(Condition&& other) noexcept = default;
Condition& Condition::operator=(Condition&& other) noexcept = default;

Condition::Condition(std::shared_ptr<const expr::Program> program) : program_(std::move(program)) {
  for (const Name& name : program_->names) readers_.emplace_back(name);
}

Condition::Condition(const Condition& other) : program_(other.program_), readers_(other.readers_) {}

Condition& Condition::operator=(const Condition& other) {
  if (this != &other) *this = Condition(other);
  return *this;
}

Compiled<Condition> Condition::compile(std::string_view text) {
  auto program = expr::Program::compile(text);
  if (!program) return std::unexpected(std::move(program.error()));
  return Condition(std::make_shared<const expr::Program>(std::move(*program)));
}

const std::string& Condition::text() const noexcept {
  static const std::string kEmpty;
  return program_ ? program_->text : kEmpty;
}

bool Condition::is_constant() const noexcept { return !program_ || program_->constant.has_value(); }

const std::vector<Mention>& Condition::mentions() const noexcept {
  static const std::vector<Mention> kNone;
  return program_ ? program_->mentions : kNone;
}

void Condition::bind(FieldPlan& fields, std::string_view host_name) {
  for (ValueReader& reader : readers_) reader.bind(fields, host_name);
}

void Condition::evaluate(const LogBatch& batch, const Selection& in, Selection& out,
                         EvalContext& context) {
  ASSERT(&in != &out);
  ASSERT(in.rows() == batch.rows());
  if (is_constant()) {
    if (!program_ || *program_->constant) {
      out = in;
    } else {
      out.reset_none(in.rows());
    }
    return;
  }
  if (!scratch_) scratch_ = std::make_unique<Scratch>();
  scratch_->views.clear();
  for (ValueReader& reader : readers_) {
    reader.start(batch);
    scratch_->views.push_back(reader.view());
  }
  expr::Evaluation evaluation(*program_, scratch_->views, scratch_->workspace, context.clock);
  evaluation.run(in, out);
  context.conversion_failures += evaluation.unconvertible();
}

}  // namespace pipeline
