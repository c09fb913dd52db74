#include <cstring>

#include "pipeline/codec/json.h"

namespace pipeline {
namespace {

// The four hex digits at `p`, or -1.
int hex4(const char* p, const char* end) noexcept {
  if (end - p < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      value = value * 16 + (c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + (lower - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

char* put_utf8(char* out, unsigned code) noexcept {
  const auto put = [&out](unsigned byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

// The character of a one-letter escape, or 0.
char simple_escape(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

constexpr unsigned kReplacement = 0xFFFD;

}  // namespace

std::string_view json_unescape(std::string_view raw, Arena& arena) {
  const void* first = raw.empty() ? nullptr : std::memchr(raw.data(), '\\', raw.size());
  if (first == nullptr) return raw;

  // No escape is shorter than what it stands for.
  char* const start = arena.allocate(raw.size());
  const char* const end = raw.data() + raw.size();
  const char* p = static_cast<const char*>(first);
  std::memcpy(start, raw.data(), static_cast<std::size_t>(p - raw.data()));
  char* out = start + (p - raw.data());
  while (p < end) {
    if (*p != '\\' || p + 1 == end) {
      *out++ = *p++;
      continue;
    }
    if (const char simple = simple_escape(p[1])) {
      *out++ = simple;
      p += 2;
      continue;
    }
    const int unit = p[1] == 'u' ? hex4(p + 2, end) : -1;
    if (unit < 0) {  // not JSON's: kept as it stands
      *out++ = *p++;
      *out++ = *p++;
      continue;
    }
    p += 6;
    unsigned code = static_cast<unsigned>(unit);
    if (code >= 0xD800 && code < 0xDC00) {
      const int low = end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2, end) : -1;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<unsigned>(low) - 0xDC00);
        p += 6;
      } else {
        code = kReplacement;
      }
    } else if (code >= 0xDC00 && code < 0xE000) {
      code = kReplacement;
    }
    out = put_utf8(out, code);
  }
  const auto size = static_cast<std::size_t>(out - start);
  arena.shrink_last(start, size);
  return {start, size};
}

}  // namespace pipeline
