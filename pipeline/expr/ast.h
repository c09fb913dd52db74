#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/expr/path.h"

namespace pipeline::expr {

// Bytes of the expression's text.
struct Place {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t end() const noexcept { return offset + length; }
};

enum class Kind : std::uint8_t {
  any_of,      // children joined with `or`
  all_of,      // children joined with `and`
  negation,    // `not` its only child
  comparison,  // children[0] op children[1]
  membership,  // children[0] in (or not in) the others
  call,        // text(children...)
  name,        // path
  text,        // a string: text
  number,      // the rest: text as it was written
  duration,
  size,
  boolean,  // text is "true" or "false"
};

enum class Op : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  match,
  not_match,
  in,
  not_in
};

// How an operator is written.
std::string_view symbol(Op op) noexcept;

// An expression as it was written, independent of any batch.
struct Tree {
  Kind kind = Kind::boolean;
  Op op = Op::equal;  // of comparisons and memberships
  std::vector<Tree> children = {};
  std::string text = {};
  Path path = {};
  Place place = {};
  Place op_place = {};  // of the operator or the function's name
};

// Equal but for places.
bool same(const Tree& a, const Tree& b);

// The canonical spelling; parsing it gives the same tree.
std::string print(const Tree& tree);

// Words that the language keeps: as the first part of a name they stand in brackets, ["in"].
bool is_keyword(std::string_view word) noexcept;

}  // namespace pipeline::expr
