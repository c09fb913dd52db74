#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pipeline/expr/problem.h"

namespace pipeline::expr {

// Reads a string literal at `text[pos]`, which is `"`, `` ` `` or `'`, and moves `pos` behind it.
// "…" has JSON's escapes, `…` none; '…' is read like "…" and reported, so that the rest of the text
// is still understood. Returns false when the string has no end: nothing after it makes sense.
bool read_quoted(std::string_view text, std::size_t& pos, std::string& value, Problems& problems);

// "…" with the escapes that read_quoted() undoes.
std::string quote(std::string_view text);

}  // namespace pipeline::expr
