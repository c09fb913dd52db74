#pragma once

#include <string>
#include <string_view>

namespace pipeline::expr {

// `text` as valid UTF-8: each maximal ill-formed sequence becomes one U+FFFD, as the Unicode
// standard recommends. For labels, which every receiver refuses otherwise.
std::string valid_text(std::string_view text);

}  // namespace pipeline::expr
