#pragma once

#include <cstddef>
#include <random>
#include <string>

// Inputs for the tests of this folder. Seeded: every run sees the same ones.
namespace pipeline::testing {

inline std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// Text that compresses about as well as a log does.
inline std::string log_like(std::mt19937_64& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    text += R"({"level":"info","path":"/api/v1/items/)" + std::to_string(random() % 1000) +
            R"(","duration_ms":)" + std::to_string(random() % 100) + "}\n";
  }
  text.resize(size);
  return text;
}

// Calls `decode` with every truncation (of short inputs) and many bit flips of `input`; it is
// enough that this returns, under a sanitizer.
template <class Decode>
void damage(std::mt19937_64& random, const std::string& input, Decode decode) {
  for (std::size_t size = 0; size < input.size(); size += 1 + input.size() / 200) {
    decode(std::string(input, 0, size));  // a copy, so that a read past its end is caught
  }
  for (int i = 0; i < 300 && !input.empty(); ++i) {
    std::string flipped = input;
    for (std::size_t n = random() % 3 + 1; n > 0; --n) {
      flipped[random() % flipped.size()] ^= static_cast<char>(1 << (random() % 8));
    }
    decode(flipped);
  }
}

}  // namespace pipeline::testing
