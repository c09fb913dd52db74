#include "tests/support/loki_standin/labels.h"

#include <fmt/format.h>

#include <cstdint>

namespace loki_standin {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<std::vector<Label>, std::string> run() {
    std::vector<Label> labels;
    skip_blanks();
    if (!take('{')) return unexpected_here("'{'");
    skip_blanks();
    while (!take('}')) {
      Label label;
      if (!take_name(label.name)) return unexpected_here("a label name or '}'");
      skip_blanks();
      if (!take('=')) return unexpected_here("'='");
      skip_blanks();
      if (!take('"')) return unexpected_here("a quoted value");
      if (auto problem = take_value(label.value); !problem.empty()) {
        return std::unexpected(std::move(problem));
      }
      labels.push_back(std::move(label));
      skip_blanks();
      if (!take(',') && peek() != '}') return unexpected_here("',' or '}'");
      skip_blanks();
    }
    skip_blanks();
    if (at_ != text_.size()) return unexpected_here("the end");
    return labels;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take_name(std::string& out) {
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    out = text_.substr(start, at_ - start);
    return is_label_name(out);
  }
  std::unexpected<std::string> unexpected_here(std::string_view wanted) const {
    return std::unexpected(
        fmt::format("1:{}: parse error: unexpected text, expected {}", at_ + 1, wanted));
  }

  // Go's interpreted string literal, the opening quote already taken. Returns what is wrong.
  std::string take_value(std::string& out) {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return {};
      if (c == '\n') return fmt::format("1:{}: parse error: newline in a quoted value", at_);
      if (c != '\\') {
        out.push_back(c);
      } else if (!take_escape(out)) {
        return fmt::format("1:{}: parse error: unknown escape in a quoted value", at_);
      }
    }
    return fmt::format("1:{}: parse error: unterminated quoted string", at_);
  }

  bool take_escape(std::string& out) {
    const char c = peek();
    ++at_;
    switch (c) {
      case 'a':
        out.push_back('\a');
        return true;
      case 'b':
        out.push_back('\b');
        return true;
      case 'f':
        out.push_back('\f');
        return true;
      case 'n':
        out.push_back('\n');
        return true;
      case 'r':
        out.push_back('\r');
        return true;
      case 't':
        out.push_back('\t');
        return true;
      case 'v':
        out.push_back('\v');
        return true;
      case '\\':
        out.push_back('\\');
        return true;
      case '"':
        out.push_back('"');
        return true;
      case 'x':
        return take_code(2, 16, out, true);
      case 'u':
        return take_code(4, 16, out, false);
      case 'U':
        return take_code(8, 16, out, false);
      default:
        break;
    }
    if (c < '0' || c > '7') return false;
    --at_;
    return take_code(3, 8, out, true);
  }

  bool take_code(int digits, std::uint32_t base, std::string& out, bool one_byte) {
    std::uint32_t code = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      const int digit = at_ < text_.size() ? hex_digit(text_[at_]) : -1;
      if (digit < 0 || digit >= static_cast<int>(base)) return false;
      code = code * base + static_cast<std::uint32_t>(digit);
    }
    if (one_byte) {
      if (code > 0xFF) return false;
      out.push_back(static_cast<char>(code));
      return true;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    append_utf8(out, code);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::expected<std::vector<Label>, std::string> parse_labels(std::string_view text) {
  return Parser(text).run();
}

bool is_label_name(std::string_view name) {
  if (name.empty() || !is_letter(name.front())) return false;
  for (const char c : name) {
    if (!is_letter(c) && !is_digit(c)) return false;
  }
  return true;
}

bool is_valid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t length = 0;
    std::uint32_t code = 0;
    if (lead >= 0xC2 && lead < 0xE0) {
      length = 2;
      code = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead < 0xF0) {
      length = 3;
      code = lead & 0x0FU;
    } else if (lead >= 0xF0 && lead < 0xF5) {
      length = 4;
      code = lead & 0x07U;
    } else {
      return false;
    }
    if (i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      code = (code << 6U) | (next & 0x3FU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    i += length;
  }
  return true;
}

}  // namespace loki_standin
