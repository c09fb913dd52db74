#pragma once

#include <optional>
#include <string_view>

#include "pipeline/expr/ast.h"
#include "pipeline/expr/problem.h"

namespace pipeline::expr {

inline constexpr std::size_t kMaxExpressionBytes = 64 * 1024;
// Parentheses, `not`s and calls inside each other: bounds the stack.
inline constexpr int kMaxDepth = 64;

// An expression's tree; types are not checked yet. What was written in another language's way is
// reported and understood all the same; nothing comes back when the rest makes no sense.
std::optional<Tree> parse(std::string_view text, Problems& problems);

}  // namespace pipeline::expr
