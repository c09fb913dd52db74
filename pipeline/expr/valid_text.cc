#include "pipeline/expr/valid_text.h"

#include <algorithm>

namespace pipeline::expr {
namespace {

// Bytes of the character at the front, or of the ill-formed sequence that one U+FFFD stands for.
// The ranges are those of table 3-7 of the Unicode standard.
std::size_t step(std::string_view text, bool& valid) noexcept {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  valid = true;
  if (lead < 0x80) return 1;
  std::size_t more = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  valid = more > 0;
  for (std::size_t i = 1; i <= more; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) {
      valid = false;
      return i;
    }
    low = 0x80;
    high = 0xBF;
  }
  return more + 1;
}

}  // namespace

std::string valid_text(std::string_view text) {
  std::string out;
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    out = text;
    return out;
  }
  while (!text.empty()) {
    bool valid = false;
    const std::size_t size = step(text, valid);
    out += valid ? text.substr(0, size) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace pipeline::expr
