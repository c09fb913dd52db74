#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/expr/condition.h"
#include "pipeline/expr/match.h"
#include "pipeline/expr/names.h"
#include "pipeline/expr/problem.h"

namespace pipeline::expr {

// A value that a leaf looks at: a name, as it is or through a function.
struct Operand {
  enum class Through : std::uint8_t { nothing, lower, length };
  std::uint32_t reader = 0;  // index into Program::names
  Through through = Through::nothing;
};

struct Step {
  enum class Kind : std::uint8_t { all_of, any_of, negation, constant, leaf, names };
  Kind kind = Kind::constant;
  bool constant = true;                 // of constants
  std::vector<std::uint32_t> children;  // indices into Program::steps
  Operand left;                         // of leaves and names
  Matcher matcher;                      // of leaves
  Operand right;                        // of names: two values of one record
  Op op = Op::equal;                    // of names
};

// A checked expression. Immutable; shared by all copies of a Condition.
class Program {
 public:
  // Everything that is wrong, syntax and types.
  static Compiled<Program> compile(std::string_view text);

  std::string text;
  std::vector<Name> names;  // each once
  std::vector<Mention> mentions;
  std::vector<Step> steps;
  std::uint32_t root = 0;
  // The value of an expression without names.
  std::optional<bool> constant;
};

}  // namespace pipeline::expr
