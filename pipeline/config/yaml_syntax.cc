#include "pipeline/config/yaml_syntax.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

namespace pipeline {
namespace {

struct Phrase {
  std::string_view problem;  // a part of libyaml's message
  std::string_view message;
  std::string_view hint;
  std::string_view opened;  // what began at the context's place; "" for no note
  bool at_context = false;  // the place to show is where it began
};

// clang-format off
constexpr auto kPhrases = std::to_array<Phrase>({
    {"did not find expected ',' or '}'", "this does not continue the map in braces", "separate entries by ',' and close the map with '}'", "the map begins here"},
    {"did not find expected ',' or ']'", "this does not continue the list in brackets", "separate values by ',' and close the list with ']'", "the list begins here"},
    {"did not find expected key", "this does not continue the map above it", "check the indentation, and that a quoted value ends with its quote", "the map begins here"},
    {"did not find expected '-' indicator", "this does not continue the list above it", "begin every entry with '- ' in the same column", "the list begins here"},
    {"mapping values are not allowed", "a ':' is not expected here", "quote a value that contains ': ', or check the indentation of this line", ""},
    {"could not find expected ':'", "a ':' is missing after the key", "write `key: value`, with a space after the ':'", "the key begins here"},
    {"block sequence entries are not allowed", "a list entry '-' is not expected here", "put the list on lines of its own, or write [a, b]", ""},
    {"found a tab character", "a tab where YAML wants spaces", "indent with spaces", ""},
    {"found unexpected end of stream", "the quoted text is never closed", "end it with the quote that it begins with", "", true},
    {"found unexpected document indicator", "the quoted text is never closed", "end it with the quote that it begins with", "", true},
    {"found unknown escape character", "an unknown escape in double quotes", "use single quotes: a backslash means nothing there", ""},
    {"did not find expected hexdecimal number", "an escape without its hexadecimal digits", "use single quotes: a backslash means nothing there", ""},
    {"did not find expected alphabetic or numeric", "'*' and '&' begin an alias or an anchor", "quote a value that begins with '*' or '&'", "", true},
    {"did not find expected <document start>", "text behind the end of the document", "check for a closing bracket too many, and the indentation", ""},
    {"did not find expected node content", "a value is missing here", "write the value, or remove the ','", ""},
    {"did not find expected comment or line break", "text behind '|' or '>'", "the text of a block begins on the next line", ""},
    {"did not find expected whitespace or line break", "'!' begins a YAML tag", "quote a value that begins with '!'", ""},
    {"found incompatible YAML document", "this is YAML of another version", "remove the %YAML line", ""},
    {"found undefined tag handle", "'!' begins a YAML tag", "quote a value that begins with '!'", ""},
});
// clang-format on

// The hint for `{url: ${LOKI_URL}}`: in braces and brackets a plain value ends at '{'.
std::optional<std::string> variable_hint(std::string_view line) {
  for (std::size_t i = line.find("${"); i != std::string_view::npos; i = line.find("${", i + 2)) {
    const std::string_view before = line.substr(0, i);
    const auto quotes = [&](char c) {
      std::size_t n = 0;
      for (const char b : before) n += b == c ? 1U : 0U;
      return n % 2;
    };
    if (quotes('"') != 0 || quotes('\'') != 0) continue;
    if (before.find_first_of("{[") == std::string_view::npos) continue;
    const std::size_t close = line.find('}', i);
    if (close == std::string_view::npos) continue;
    return fmt::format("quote it: \"{}\"", line.substr(i, close - i + 1));
  }
  return std::nullopt;
}

bool holds_expression(std::string_view line) {
  for (const std::string_view key : {"when:", "drop:", "keep:", "always:"}) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos) continue;
    if (at == 0 || std::string_view(" {,-").find(line[at - 1]) != std::string_view::npos)
      return true;
  }
  return false;
}

// Nothing is decoded yet, so nobody knows which values are secrets but by the names of their keys.
void mask_secrets(const SourceRef& source, std::uint32_t number, Diagnostics& diagnostics) {
  const std::string_view line = source->line(number);
  for (const std::string_view key : {"password", "token", "secret", "bearer", "authorization"}) {
    for (std::size_t at = line.find(key); at != std::string_view::npos;
         at = line.find(key, at + 1)) {
      std::size_t begin = line.find(':', at);
      if (begin == std::string_view::npos) break;
      begin = line.find_first_not_of(" \t\"'", begin + 1);
      if (begin == std::string_view::npos || line.substr(begin).starts_with("${")) continue;
      const std::size_t end = std::min(line.find_first_of(",}\"' ", begin), line.size());
      Location hidden;
      hidden.source = source;
      hidden.line = number;
      hidden.column = static_cast<std::uint32_t>(code_points(line.substr(0, begin)) + 1);
      hidden.length = static_cast<std::uint32_t>(code_points(line.substr(begin, end - begin)));
      diagnostics.mask(hidden);
    }
  }
}

}  // namespace

void report_syntax(const SourceRef& source, const SyntaxProblem& problem,
                   Diagnostics& diagnostics) {
  const std::string_view text = source->text();
  Location where = Location::of(source, problem.at, problem.at + 1);
  std::string_view line = source->line(where.line);
  const char c = problem.at < text.size() ? text[problem.at] : '\0';

  std::string message(problem.problem);
  std::string hint;
  std::string_view opened;
  bool at_context = false;
  if (problem.problem.find("cannot start any token") != std::string_view::npos) {
    if (c == '\t') {
      message = "a tab where YAML wants spaces";
      hint = "indent with spaces";
    } else {
      message = fmt::format("a value cannot begin with '{}'", c);
      hint = "quote the value";
    }
  }
  for (const Phrase& phrase : kPhrases) {
    if (problem.problem.find(phrase.problem) == std::string_view::npos) continue;
    message = phrase.message;
    hint = phrase.hint;
    opened = phrase.opened;
    at_context = phrase.at_context;
    break;
  }

  std::optional<Location> began;
  if (problem.context_at) {
    began = Location::of(source, *problem.context_at, *problem.context_at + 1);
  }
  if (at_context && began) {
    where = *began;
    line = source->line(where.line);
  }
  mask_secrets(source, where.line, diagnostics);
  if (where.line > 1) mask_secrets(source, where.line - 1, diagnostics);
  if (began) mask_secrets(source, began->line, diagnostics);
  auto& entry = diagnostics.error("E0101", where, "invalid YAML: " + message);
  std::string_view related = line;
  auto variable = variable_hint(line);
  if (!variable && began) {
    related = source->line(began->line);
    variable = variable_hint(related);
  }
  const std::string_view previous =
      where.line > 1 ? source->line(where.line - 1) : std::string_view();
  if (variable) {
    entry.hint(*variable);
  } else if (holds_expression(line) || (began && holds_expression(source->line(began->line))) ||
             (line.find_first_not_of(' ') == std::string_view::npos &&
              holds_expression(previous))) {
    entry.hint("write expressions in single quotes or as a block: `when: >-`");
  } else if (!hint.empty()) {
    entry.hint(hint);
  }
  if (!opened.empty() && began && began->line != where.line)
    entry.note(*began, std::string(opened));
}

bool check_encoding(const SourceRef& source, Diagnostics& diagnostics) {
  const std::string_view text = source->text();
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    diagnostics.error("E0101", Location::of(source, 0, 0), "invalid YAML: the file is UTF-16")
        .hint("save it as UTF-8");
    return false;
  }
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) -> unsigned {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned lead = byte(i);
    if (lead < 0x80) {
      if ((lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') || lead == 0x7F) {
        diagnostics
            .error("E0101", Location::of(source, i, i + 1),
                   fmt::format("invalid YAML: control character 0x{:02X}", lead))
            .hint(lead == 0 ? "this does not look like a text file"
                            : "remove it, or write it as an escape in double quotes");
        return false;
      }
      ++i;
      continue;
    }
    const std::size_t size = lead >= 0xF0 && lead <= 0xF4  ? 4
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                                                           : 0;
    bool valid = size != 0;
    for (std::size_t k = 1; k < size; ++k) valid = valid && (byte(i + k) & 0xC0U) == 0x80;
    if (valid && size == 3) {
      valid = !(lead == 0xE0 && byte(i + 1) < 0xA0) && !(lead == 0xED && byte(i + 1) > 0x9F);
    }
    if (valid && size == 4) {
      valid = !(lead == 0xF0 && byte(i + 1) < 0x90) && !(lead == 0xF4 && byte(i + 1) > 0x8F);
    }
    if (!valid) {
      diagnostics
          .error("E0101", Location::of(source, i, i + 1),
                 fmt::format("invalid YAML: byte 0x{:02X} is not UTF-8", lead))
          .hint("save the file as UTF-8");
      return false;
    }
    i += size;
  }
  return true;
}

}  // namespace pipeline
