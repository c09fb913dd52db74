#include "pipeline/expr/quoted.h"

#include <fmt/format.h>

#include "pipeline/expr/codes.h"

namespace pipeline::expr {
namespace {

std::uint32_t at(std::size_t offset) { return static_cast<std::uint32_t>(offset); }

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits after `\u`, or -1.
int hex4(std::string_view text, std::size_t pos) noexcept {
  if (pos + 4 > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[pos + i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t rune) {
  const auto byte = [&out](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (rune < 0x80) {
    byte(rune);
  } else if (rune < 0x800) {
    byte(0xC0 | (rune >> 6));
    byte(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    byte(0xE0 | (rune >> 12));
    byte(0x80 | ((rune >> 6) & 0x3F));
    byte(0x80 | (rune & 0x3F));
  } else {
    byte(0xF0 | (rune >> 18));
    byte(0x80 | ((rune >> 12) & 0x3F));
    byte(0x80 | ((rune >> 6) & 0x3F));
    byte(0x80 | (rune & 0x3F));
  }
}

// `pos` is behind `\u`. Returns how many bytes the escape took from there; 0 when it is none.
std::size_t read_unicode(std::string_view text, std::size_t pos, std::string& value) {
  const int first = hex4(text, pos);
  if (first < 0) return 0;
  if (first < 0xD800 || first > 0xDFFF) {
    append_utf8(value, static_cast<std::uint32_t>(first));
    return 4;
  }
  const bool pair = first < 0xDC00 && text.substr(pos + 4, 2) == "\\u";
  const int second = pair ? hex4(text, pos + 6) : -1;
  if (second < 0xDC00 || second > 0xDFFF) return 0;
  append_utf8(value, 0x10000 + ((static_cast<std::uint32_t>(first) - 0xD800) << 10) +
                         (static_cast<std::uint32_t>(second) - 0xDC00));
  return 10;
}

// `pos` is at the backslash. Returns how many bytes the escape took.
std::size_t read_escape(std::string_view text, std::size_t pos, std::string& value,
                        Problems& problems) {
  constexpr std::string_view kFrom = "\"\\/bfnrt";
  constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  if (pos + 1 >= text.size()) return 1;  // the missing end is reported instead
  const char c = text[pos + 1];
  if (const std::size_t i = kFrom.find(c); i != std::string_view::npos) {
    value.push_back(kTo[i]);
    return 2;
  }
  if (c == 'u') {
    if (const std::size_t size = read_unicode(text, pos + 2, value); size > 0) return 2 + size;
  }
  problems.push_back({expr_code::kLiteral, fmt::format("`\\{}` is no escape", c),
                      "escapes are those of JSON; patterns read best in backquotes: `\\d+`",
                      at(pos), 2});
  value.push_back(c);
  return 2;
}

}  // namespace

bool read_quoted(std::string_view text, std::size_t& pos, std::string& value, Problems& problems) {
  const std::size_t begin = pos;
  const char quote_char = text[pos++];
  value.clear();
  while (pos < text.size() && text[pos] != quote_char) {
    const char c = text[pos];
    if (quote_char != '`' && c == '\\') {
      pos += read_escape(text, pos, value, problems);
      continue;
    }
    if (quote_char != '`' && static_cast<unsigned char>(c) < 0x20) {
      problems.push_back({expr_code::kLiteral, "a control character stands in a string",
                          "write `\\n`, `\\t` or `\\u001f`", at(pos), 1});
    }
    value.push_back(c);
    ++pos;
  }
  if (pos >= text.size()) {
    pos = text.size();
    problems.push_back({expr_code::kLiteral, "the string has no end",
                        fmt::format("add the closing {}", quote_char), at(begin),
                        at(text.size() - begin)});
    return false;
  }
  ++pos;
  if (quote_char == '\'') {
    problems.push_back({expr_code::kForeignSpelling, "strings stand in double quotes or backquotes",
                        fmt::format("write {}", quote(value)), at(begin), at(pos - begin)});
  }
  return true;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
  return out;
}

}  // namespace pipeline::expr
