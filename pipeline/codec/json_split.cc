#include "pipeline/codec/json_split.h"

#include "pipeline/codec/json_scan.h"

namespace pipeline {
namespace {

using json_scan::skip_space;

// Behind the value at `p`, or null.
const char* value_end(const char* p, const char* end) noexcept {
  switch (*p) {
    case '"': {
      bool escaped = false;
      const char* const closing = json_scan::string_end(p + 1, end, escaped);
      return closing == nullptr ? nullptr : closing + 1;
    }
    case '{':
    case '[':
      return json_scan::container_end(p, end);
    case 't':
      return json_scan::word_end(p, end, "true", 4);
    case 'f':
      return json_scan::word_end(p, end, "false", 5);
    case 'n':
      return json_scan::word_end(p, end, "null", 4);
    default:
      return json_scan::number_end(p, end);
  }
}

bool split(const char* p, const char* end, std::vector<JsonPart>& parts) {
  p = skip_space(p, end);
  if (p == end || (*p != '{' && *p != '[')) return false;
  const bool is_object = *p == '{';
  const char closing = is_object ? '}' : ']';
  p = skip_space(p + 1, end);
  if (p < end && *p == closing) return skip_space(p + 1, end) == end;
  for (;;) {
    JsonPart part;
    if (is_object) {
      if (p == end || *p != '"') return false;
      bool escaped = false;
      const char* const key_end = json_scan::string_end(p + 1, end, escaped);
      if (key_end == nullptr) return false;
      part.key = {p + 1, static_cast<std::size_t>(key_end - p - 1)};
      p = skip_space(key_end + 1, end);
      if (p == end || *p != ':') return false;
      p = skip_space(p + 1, end);
    }
    if (p == end) return false;
    const char* const after = value_end(p, end);
    if (after == nullptr) return false;
    part.value = {p, static_cast<std::size_t>(after - p)};
    parts.push_back(part);
    p = skip_space(after, end);
    if (p == end) return false;
    if (*p == closing) return skip_space(p + 1, end) == end;
    if (*p != ',') return false;
    p = skip_space(p + 1, end);
  }
}

}  // namespace

bool split_json(std::string_view text, std::vector<JsonPart>& parts) {
  parts.clear();
  if (split(text.data(), text.data() + text.size(), parts)) return true;
  parts.clear();
  return false;
}

}  // namespace pipeline
