#include <fmt/format.h>

#include "plugins/sources/loki/push_body.h"

namespace plugins::sources::loki {

using pipeline::Errc;
using pipeline::failure;
using pipeline::Label;
using pipeline::Result;

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (code >> 6)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (code >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | (code >> 18)));
    out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

// Walks `{name="value", ...}`; values as Go's strconv.Quote writes them, or raw in backticks.
class SelectorReader {
 public:
  explicit SelectorReader(std::string_view text) : text_(text) {}

  Result<std::vector<Label>> read() {
    std::vector<Label> labels;
    skip_space();
    if (!take('{')) return fail("does not start with '{'");
    skip_space();
    while (!take('}')) {
      Label label;
      while (at_ < text_.size() && is_name(text_[at_])) label.name.push_back(text_[at_++]);
      if (!pipeline::is_legal_label_name(label.name)) return fail("has an illegal label name");
      skip_space();
      if (!take('=')) return fail("lacks a '='");
      skip_space();
      if (!read_value(label.value)) return fail("has a value that is not quoted well");
      labels.push_back(std::move(label));
      skip_space();
      if (take(',')) {
        skip_space();
        continue;
      }
      if (at_ >= text_.size() || text_[at_] != '}') return fail("does not end with '}'");
    }
    skip_space();
    if (at_ != text_.size()) return fail("goes on behind '}'");
    if (labels.empty()) return fail("has no label");
    return labels;
  }

 private:
  static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::unexpected<pipeline::Error> fail(const char* what) const {
    return failure(Errc::invalid_data,
                   fmt::format("error parsing labels {}: {}", text_.substr(0, 200), what));
  }

  bool read_value(std::string& out) {
    if (take('`')) {
      const std::size_t end = text_.find('`', at_);
      if (end == std::string_view::npos) return false;
      out = text_.substr(at_, end - at_);
      at_ = end + 1;
      return true;
    }
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      if (at_ >= text_.size() || !read_escape(out)) return false;
    }
    return false;
  }

  bool read_escape(std::string& out) {
    const char c = text_[at_++];
    switch (c) {
      case 'a': out.push_back('\a'); return true;
      case 'b': out.push_back('\b'); return true;
      case 'f': out.push_back('\f'); return true;
      case 'n': out.push_back('\n'); return true;
      case 'r': out.push_back('\r'); return true;
      case 't': out.push_back('\t'); return true;
      case 'v': out.push_back('\v'); return true;
      case '"':
      case '\\':
      case '\'': out.push_back(c); return true;
      case 'x': return read_hex(out, 2, true);
      case 'u': return read_hex(out, 4, false);
      case 'U': return read_hex(out, 8, false);
      default: return false;
    }
  }

  bool read_hex(std::string& out, int digits, bool is_byte) {
    std::uint32_t code = 0;
    for (int i = 0; i < digits; ++i) {
      if (at_ >= text_.size()) return false;
      const int digit = hex_digit(text_[at_++]);
      if (digit < 0) return false;
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    if (is_byte) {
      out.push_back(static_cast<char>(code));
      return true;
    }
    if (code > 0x10ffff) return false;
    append_utf8(out, code);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Label>> parse_selector(std::string_view selector) { return SelectorReader(selector).read(); }

}  // namespace plugins::sources::loki
