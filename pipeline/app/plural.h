#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pipeline {

// "1 source", "2 sources". REQUIRES: a noun that takes an s.
inline std::string plural(std::uint64_t count, std::string_view noun) {
  std::string text = std::to_string(count) + ' ';
  text += noun;
  if (count != 1) text += 's';
  return text;
}

}  // namespace pipeline
