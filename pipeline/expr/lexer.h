#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/expr/ast.h"
#include "pipeline/expr/problem.h"

namespace pipeline::expr {

enum class TokenKind : std::uint8_t {
  end,
  bad,
  name,
  text,
  number,
  duration,
  size,
  open,
  close,
  open_list,
  close_list,
  comma,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  match,
  not_match,
  word_and,
  word_or,
  word_not,
  word_in,
  word_true,
  word_false
};

struct Token {
  TokenKind kind = TokenKind::end;
  Place place;
  std::string text;  // a string's value, a literal as written
  Path path;         // of names
};

// Cuts an expression into tokens, `end` or `bad` last. Spellings of other languages (`&&`, `=`,
// 'x',
// `.level`, `{level}`) are reported and read as what they mean, so that everything else that is
// wrong is found too; `bad` stands where nothing behind it can be trusted.
std::vector<Token> tokenize(std::string_view text, Problems& problems);

}  // namespace pipeline::expr
