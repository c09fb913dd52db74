#include "pipeline/codec/json_read.h"

namespace pipeline {
namespace {

void append_code_point(std::string& out, unsigned code) {
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

}  // namespace

void JsonReader::skip_space() noexcept {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
    ++at_;
}

bool JsonReader::take(char c) noexcept {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool JsonReader::begin_object() {
  if (failed_ || !take('{') || ++depth_ > kDepthMax) return fail();
  is_first_ = true;
  return true;
}

bool JsonReader::begin_array() {
  if (failed_ || !take('[') || ++depth_ > kDepthMax) return fail();
  is_first_ = true;
  return true;
}

// The end of the container, or the comma before its next value.
bool JsonReader::next(char close) {
  if (failed_) return false;
  if (take(close)) {
    --depth_;
    is_first_ = false;
    return false;
  }
  if (!is_first_ && !take(',')) return fail();
  is_first_ = false;
  return true;
}

bool JsonReader::next_member() {
  if (!next('}')) return false;
  if (!string(key_) || !take(':')) return fail();
  return true;
}

bool JsonReader::next_element() { return next(']'); }

bool JsonReader::string(std::string& out) {
  if (failed_ || !take('"')) return fail();
  out.clear();
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '"') {
      is_first_ = false;
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return fail();
    if (c != '\\') {
      out.push_back(c);
    } else if (!escape(out)) {
      return fail();
    }
  }
  return fail();
}

bool JsonReader::escape(std::string& out) {
  if (at_ >= text_.size()) return false;
  const char c = text_[at_++];
  switch (c) {
    case '"':
    case '\\':
    case '/': out.push_back(c); return true;
    case 'b': out.push_back('\b'); return true;
    case 'f': out.push_back('\f'); return true;
    case 'n': out.push_back('\n'); return true;
    case 'r': out.push_back('\r'); return true;
    case 't': out.push_back('\t'); return true;
    case 'u': break;
    default: return false;
  }
  constexpr unsigned kReplacement = 0xfffd;
  unsigned code = 0;
  if (!hex4(code)) return false;
  if (code >= 0xdc00 && code < 0xe000) code = kReplacement;
  if (code >= 0xd800 && code < 0xdc00) {
    const std::size_t before = at_;
    unsigned low = 0;
    if (text_.substr(at_, 2) == "\\u") {
      at_ += 2;
      if (!hex4(low)) return false;
    }
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else {
      at_ = before;
      code = kReplacement;
    }
  }
  append_code_point(out, code);
  return true;
}

bool JsonReader::hex4(unsigned& out) {
  if (text_.size() - at_ < 4) return false;
  out = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = text_[at_++];
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return false;
    }
    out = out * 16 + digit;
  }
  return true;
}

bool JsonReader::scalar(std::string_view& out) {
  if (failed_) return false;
  skip_space();
  const std::size_t begin = at_;
  constexpr std::string_view kEnds = ",]} \t\n\r";
  while (at_ < text_.size() && kEnds.find(text_[at_]) == std::string_view::npos) ++at_;
  out = text_.substr(begin, at_ - begin);
  is_first_ = false;
  const bool is_number = !out.empty() && (out[0] == '-' || (out[0] >= '0' && out[0] <= '9')) &&
                         out.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
  return is_number || out == "true" || out == "false" || out == "null" || fail();
}

bool JsonReader::skip() {
  if (failed_) return false;
  skip_space();
  if (at_ >= text_.size()) return fail();
  if (text_[at_] == '{') {
    begin_object();
    while (next_member()) skip();
  } else if (text_[at_] == '[') {
    begin_array();
    while (next_element()) skip();
  } else if (text_[at_] == '"') {
    std::string ignored;
    string(ignored);
  } else {
    std::string_view ignored;
    scalar(ignored);
  }
  return !failed_;
}

bool JsonReader::at_end() {
  skip_space();
  return !failed_ && depth_ == 0 && at_ == text_.size();
}

}  // namespace pipeline
