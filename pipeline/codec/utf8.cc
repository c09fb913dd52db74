#include "pipeline/codec/utf8.h"

#include <simdjson.h>

namespace pipeline {
namespace {

bool is_continuation(unsigned char byte) noexcept { return (byte & 0xC0) == 0x80; }

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
  return simdjson::validate_utf8(text.data(), text.size());
}

Utf8Step utf8_step(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {1, true};
  // Table 3-7 of the Unicode standard: the second byte's range excludes overlong forms, surrogates
  // and what is above U+10FFFF.
  std::size_t size = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    size = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    size = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    size = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  if (text.size() < 2) return {1, false};
  const auto second = static_cast<unsigned char>(text[1]);
  if (second < low || second > high) return {1, false};
  for (std::size_t i = 2; i < size; ++i) {
    if (i >= text.size() || !is_continuation(static_cast<unsigned char>(text[i])))
      return {i, false};
  }
  return {size, true};
}

std::size_t append_valid_utf8(std::string& out, std::string_view text) {
  if (is_valid_utf8(text)) {
    out.append(text);
    return 0;
  }
  std::size_t replaced = 0;
  std::size_t clean = 0;  // begin of what is valid and not copied yet
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text.substr(at));
    if (!step.valid) {
      out.append(text, clean, at - clean);
      out.append(kReplacementCharacter);
      ++replaced;
      clean = at + step.size;
    }
    at += step.size;
  }
  out.append(text, clean);
  return replaced;
}

}  // namespace pipeline
