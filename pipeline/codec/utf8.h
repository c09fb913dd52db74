#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pipeline {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

bool is_valid_utf8(std::string_view text) noexcept;

// Appends `text`; each maximal ill-formed sequence becomes one U+FFFD, as the Unicode standard
// recommends (chapter 3, "U+FFFD Substitution of Maximal Subparts"). Returns how many there were.
std::size_t append_valid_utf8(std::string& out, std::string_view text);

// What is at the front of a text.
struct Utf8Step {
  std::size_t size = 0;  // bytes to move on: one character, or one ill-formed sequence
  bool valid = false;
};

// REQUIRES: !text.empty()
Utf8Step utf8_step(std::string_view text) noexcept;

}  // namespace pipeline
