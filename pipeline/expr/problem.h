#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace pipeline {

// Something wrong in an expression, a name or a text, with its place in the text as the user wrote
// it. Bytes from its first one; a length of 0 points between two characters.
struct Problem {
  std::string_view code;  // of codes.h, static
  std::string message;
  std::string hint;  // empty when there is nothing to say
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

using Problems = std::vector<Problem>;

// Either a T or everything that is wrong with its text.
template <class T>
using Compiled = std::expected<T, Problems>;

}  // namespace pipeline
