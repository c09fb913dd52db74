#include "plugins/sources/file/utf16.h"

#include <cstring>

namespace plugins::sources::file {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

char32_t unit_at(std::string_view text, std::size_t at, bool is_big_endian) noexcept {
  const auto first = static_cast<unsigned char>(text[at]);
  const auto second = static_cast<unsigned char>(text[at + 1]);
  return is_big_endian ? static_cast<char32_t>(first << 8 | second)
                       : static_cast<char32_t>(second << 8 | first);
}

char* put(char* out, char32_t c) noexcept {
  const auto byte = [&](char32_t value) { *out++ = static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
  return out;
}

}  // namespace

Encoding detect_encoding(std::string_view head) noexcept {
  if (head.starts_with("\xFF\xFE")) return Encoding::utf16le;
  if (head.starts_with("\xFE\xFF")) return Encoding::utf16be;
  return head.size() < 2 ? Encoding::detect : Encoding::utf8;
}

std::size_t find_newline_utf16(std::string_view text, std::size_t from, bool is_big_endian) noexcept {
  const std::size_t in_unit = is_big_endian ? 1 : 0;
  while (from + 1 < text.size()) {
    const void* found = std::memchr(text.data() + from, '\n', text.size() - from);
    if (found == nullptr) return std::string_view::npos;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    const std::size_t unit = at & ~std::size_t{1};
    if (unit + 1 < text.size() && at - unit == in_unit && unit_at(text, unit, is_big_endian) == '\n')
      return unit;
    from = at + 1;
  }
  return std::string_view::npos;
}

std::string_view utf16_to_utf8(std::string_view text, bool is_big_endian, pipeline::Arena& arena) {
  const std::size_t units = text.size() / 2;
  if (units == 0) return {"", 0};
  char* const start = arena.allocate(units * 3);
  char* out = start;
  for (std::size_t i = 0; i < units; ++i) {
    char32_t c = unit_at(text, i * 2, is_big_endian);
    if (c >= 0xD800 && c < 0xE000) {
      const char32_t next = i + 1 < units ? unit_at(text, i * 2 + 2, is_big_endian) : 0;
      if (c < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00);
        ++i;
      } else {
        c = kReplacement;
      }
    }
    out = put(out, c);
  }
  const auto used = static_cast<std::size_t>(out - start);
  arena.shrink_last(start, used);
  return {start, used};
}

}  // namespace plugins::sources::file
