#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/expr/ast.h"
#include "pipeline/expr/program.h"

namespace re2 {
class RE2;
}

namespace pipeline::expr {

inline bool is_literal(const Tree& tree) noexcept { return tree.kind >= Kind::text; }
inline bool is_call(const Tree& tree, std::string_view name) noexcept {
  return tree.kind == Kind::call && tree.text == name;
}
// True or false by itself, so that it cannot be a side of a comparison.
bool is_boolean_expression(const Tree& tree) noexcept;
// `$time`, the only name whose type is known.
bool is_time(const Tree& tree) noexcept;
// "a text", "a number": for messages.
std::string_view kind_name(Kind kind) noexcept;

// Checks a tree's types and makes a program's steps of it. Reports everything that is wrong and
// goes on; the program is then not to be used.
class Compiler {
 public:
  Compiler(Program& program, Problems& problems) : program_(program), problems_(problems) {}

  // The step that tells whether `tree` holds. After an error: any step.
  std::uint32_t condition(const Tree& tree);

 private:
  std::uint32_t add(Step step) {
    program_.steps.push_back(std::move(step));
    return static_cast<std::uint32_t>(program_.steps.size() - 1);
  }
  std::uint32_t constant(bool value) {
    Step step;
    step.constant = value;
    return add(std::move(step));
  }
  std::uint32_t negated(std::uint32_t child, bool negative) {
    if (!negative) return child;
    Step step;
    step.kind = Step::Kind::negation;
    step.children.push_back(child);
    return add(std::move(step));
  }
  std::uint32_t leaf(Operand left, Matcher matcher) {
    Step step;
    step.kind = Step::Kind::leaf;
    step.left = left;
    step.matcher = std::move(matcher);
    return add(std::move(step));
  }
  // Reports; the step is only there for going on.
  std::uint32_t wrong(std::string_view code, std::string message, std::string hint, Place place);

  // A name, lower(name) or len(name).
  Operand operand(const Tree& tree);

  std::uint32_t reader(const Tree& tree);

  // Reports a function that does not exist, and a wrong number of arguments.
  bool known(const Tree& tree);
  std::uint32_t arity(const Tree& tree);

  // A function that is true or false.
  std::uint32_t call(const Tree& tree);
  std::uint32_t part(const Tree& tree, Operand left);
  std::uint32_t networks(const Tree& tree, Operand left);

  // Reports what lower(...) can never be and what len(...) cannot be compared with.
  void never_lower(Operand left, const Tree& text);
  bool fits_length(Operand subject, const Tree& literal);

  std::uint32_t comparison(const Tree& tree);
  std::uint32_t two_names(const Tree& tree, Operand left, Op op, const Tree& right);
  std::uint32_t time_comparison(const Tree& tree, const Tree& left, Operand subject, Op op,
                                const Tree& right);
  std::uint32_t literal_comparison(const Tree& tree, Operand subject, Op op, const Tree& literal);
  std::uint32_t search(const Tree& tree);
  std::uint32_t bad_pattern(const Tree& pattern, const re2::RE2& compiled);
  std::uint32_t membership(const Tree& tree);

  Program& program_;
  Problems& problems_;
};

}  // namespace pipeline::expr
