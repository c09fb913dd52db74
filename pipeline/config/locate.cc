#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/node.h"

// Reads a scalar's raw text once more and remembers where each byte of the value stood. The value
// that comes out is compared with the one that libyaml gave: where they differ, the place of the
// whole scalar is told instead of a wrong one.
namespace pipeline {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_break(char c) { return c == '\n' || c == '\r'; }

struct Mapped {
  std::string value;
  std::vector<std::uint32_t> offsets;  // into the raw text, one for each byte of value

  void add(char c, std::size_t from) {
    value.push_back(c);
    offsets.push_back(static_cast<std::uint32_t>(from));
  }
  void add(std::string_view bytes, std::size_t from) {
    for (const char c : bytes) add(c, from);
  }
};

std::size_t skip_break(std::string_view raw, std::size_t i) {
  if (raw[i] == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n') return i + 2;
  return i + 1;
}

void append_utf8(Mapped& out, std::uint32_t code, std::size_t from) {
  const auto byte = [&](std::uint32_t bits) { out.add(static_cast<char>(bits), from); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | (code >> 6));
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | (code >> 12));
    byte(0x80U | ((code >> 6) & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | (code >> 18));
    byte(0x80U | ((code >> 12) & 0x3FU));
    byte(0x80U | ((code >> 6) & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
}

// Returns the offset behind the escape that begins at `i`.
std::size_t unescape(std::string_view raw, std::size_t i, Mapped& out) {
  static constexpr std::string_view kLetters = "0abt\tnvfe \"/\\";
  static constexpr std::string_view kValues("\0\a\b\t\t\n\v\f\x1B \"/\\", 13);
  const char letter = i + 1 < raw.size() ? raw[i + 1] : '\\';
  if (const std::size_t at = kLetters.find(letter); at != std::string_view::npos) {
    out.add(kValues[at], i);
    return i + 2;
  }
  if (is_break(letter)) {
    std::size_t next = skip_break(raw, i + 1);
    while (next < raw.size() && is_blank(raw[next])) ++next;
    return next;
  }
  const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (digits != 0 && i + 2 + digits <= raw.size()) {
    const std::string hex(raw.substr(i + 2, digits));
    append_utf8(out, static_cast<std::uint32_t>(std::strtoul(hex.c_str(), nullptr, 16)), i);
    return i + 2 + digits;
  }
  const std::uint32_t code = letter == 'N'   ? 0x85
                             : letter == '_' ? 0xA0
                             : letter == 'L' ? 0x2028
                                             : 0x2029;
  append_utf8(out, code, i);
  return i + 2;
}

// Plain and quoted scalars. A line break with the blanks around it is one space; more are newlines.
Mapped map_flow(std::string_view raw, ScalarStyle style) {
  Mapped out;
  std::size_t i = 0;
  std::size_t end = raw.size();
  if (style != ScalarStyle::plain) {
    if (raw.size() < 2) return out;
    i = 1;
    end = raw.size() - 1;
  }
  raw = raw.substr(0, end);
  while (i < end) {
    const char c = raw[i];
    if (is_blank(c) || is_break(c)) {
      std::size_t next = i;
      while (next < end && is_blank(raw[next])) ++next;
      if (next == end || !is_break(raw[next])) {
        for (; i < next; ++i) out.add(raw[i], i);
        continue;
      }
      const std::size_t at = next;
      std::size_t breaks = 0;
      while (next < end && (is_break(raw[next]) || is_blank(raw[next]))) {
        if (is_break(raw[next])) {
          ++breaks;
          next = skip_break(raw, next);
        } else {
          ++next;
        }
      }
      if (breaks == 1) {
        out.add(' ', at);
      } else {
        for (std::size_t n = 1; n < breaks; ++n) out.add('\n', at);
      }
      i = next;
    } else if (style == ScalarStyle::single_quoted && c == '\'' && i + 1 < end) {
      out.add('\'', i);
      i += 2;
    } else if (style == ScalarStyle::double_quoted && c == '\\') {
      i = unescape(raw, i, out);
    } else {
      out.add(c, i);
      ++i;
    }
  }
  return out;
}

// `|` and `>` with this indentation, in the steps of libyaml's yaml_parser_scan_block_scalar().
Mapped map_block(std::string_view raw, bool literal, std::size_t indent) {
  Mapped out;
  std::size_t i = std::min(raw.find('\n'), raw.size());
  const std::string_view header = raw.substr(0, i);
  const bool keep = header.find('+') != std::string_view::npos;
  const bool strip = !keep && header.find('-') != std::string_view::npos;
  if (i < raw.size()) ++i;

  Mapped leading;   // the break at the end of the line before
  Mapped trailing;  // those of empty lines after it
  const auto flush = [&out](Mapped& breaks) {
    for (std::size_t n = 0; n < breaks.value.size(); ++n)
      out.add(breaks.value[n], breaks.offsets[n]);
    breaks = {};
  };
  // Skips empty lines; false when the text goes on with less indentation, or ends.
  const auto next_line = [&] {
    for (;;) {
      std::size_t column = 0;
      while (column < indent && i + column < raw.size() && raw[i + column] == ' ') ++column;
      if (i + column >= raw.size()) return false;
      if (!is_break(raw[i + column])) {
        i += column;
        return column == indent;
      }
      trailing.add('\n', i + column);
      i = skip_break(raw, i + column);
    }
  };
  bool leading_blank = false;
  while (next_line()) {
    const bool blank = is_blank(raw[i]);
    if (!literal && !leading.value.empty() && !leading_blank && !blank) {
      if (trailing.value.empty()) out.add(' ', leading.offsets.front());
      leading = {};
    } else {
      flush(leading);
    }
    flush(trailing);
    leading_blank = blank;
    while (i < raw.size() && !is_break(raw[i])) {
      out.add(raw[i], i);
      ++i;
    }
    if (i < raw.size()) {
      leading.add('\n', i);
      i = skip_break(raw, i);
    }
  }
  if (!strip) flush(leading);
  if (keep) flush(trailing);
  return out;
}

Mapped map_scalar(const Node& node, std::string_view raw) {
  if (node.style != ScalarStyle::literal && node.style != ScalarStyle::folded) {
    return map_flow(raw, node.style);
  }
  // The indentation is that of some line: try them from the deepest that all lines can have.
  static constexpr std::size_t kMaxIndent = 256;
  for (std::size_t indent = 1; indent <= kMaxIndent; ++indent) {
    Mapped mapped = map_block(raw, node.style == ScalarStyle::literal, indent);
    if (mapped.value == node.text) return mapped;
  }
  return {};
}

}  // namespace

Location locate(const Node& node, std::size_t offset, std::size_t length) {
  if (!node.where.source || !node.is_scalar() || node.end <= node.begin) return node.where;
  const std::string_view text = node.where.source->text();
  if (node.end > text.size()) return node.where;
  const std::string_view raw = text.substr(node.begin, node.end - node.begin);
  const Mapped mapped = map_scalar(node, raw);
  if (mapped.value != node.text || mapped.offsets.empty()) return node.where;

  const std::size_t count = mapped.offsets.size();
  if (offset >= count) {  // the end of the value: a missing word
    const std::size_t behind = node.begin + mapped.offsets.back() + 1;
    return Location::of(node.where.source, behind, behind + 1);
  }
  const std::size_t begin = mapped.offsets[offset];
  const std::size_t last =
      mapped.offsets[std::min(offset + std::max<std::size_t>(length, 1), count) - 1];
  return Location::of(node.where.source, node.begin + begin, node.begin + last + 1);
}

}  // namespace pipeline
