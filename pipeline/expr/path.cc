#include "pipeline/expr/path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "pipeline/expr/codes.h"
#include "pipeline/expr/quoted.h"

namespace pipeline {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_key_char(char c) noexcept { return starts_name(c) || is_digit(c) || c == '-'; }

bool is_bare(std::string_view key, bool first) noexcept {
  return !key.empty() && (!first || starts_name(key.front())) &&
         std::all_of(key.begin(), key.end(), is_key_char);
}

void append_steps(std::string& out, const Path& path) {
  bool first = true;
  for (const NameStep& step : path.steps) {
    if (step.is_index) {
      out += fmt::format("[{}]", step.index);
    } else if (is_bare(step.key, first)) {
      if (!first) out.push_back('.');
      out += step.key;
    } else {
      out += '[' + expr::quote(step.key) + ']';
    }
    first = false;
  }
}

std::unexpected<Problems> problem(std::string message, std::string hint, std::size_t offset,
                                  std::size_t length) {
  return std::unexpected(
      Problems{{expr_code::kName, std::move(message), std::move(hint),
                static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length)}});
}

// `pos` is at a `[`. Adds the step and moves behind the `]`.
Compiled<void> scan_bracket(std::string_view text, std::size_t& pos, Path& path) {
  const std::size_t begin = pos++;
  const char c = pos < text.size() ? text[pos] : '\0';
  NameStep step;
  if (c == '"' || c == '`' || c == '\'') {
    Problems problems;
    expr::read_quoted(text, pos, step.key, problems);
    if (!problems.empty()) return std::unexpected(std::move(problems));
  } else if (is_digit(c) && !path.steps.empty()) {
    step.is_index = true;
    const auto [end, error] =
        std::from_chars(text.data() + pos, text.data() + text.size(), step.index);
    if (error != std::errc()) return problem("the index is too large", "", pos, 1);
    pos = static_cast<std::size_t>(end - text.data());
  } else {
    return problem("brackets hold an index or a quoted key", R"(write a[0] or a["key"])", begin,
                   std::min(pos + 1, text.size()) - begin);
  }
  if (pos >= text.size() || text[pos] != ']')
    return problem("a `]` is missing", R"(write a[0] or a["key"])", begin, pos - begin);
  ++pos;
  path.steps.push_back(std::move(step));
  return {};
}

std::string_view scan_key(std::string_view text, std::size_t& pos) noexcept {
  const std::size_t begin = pos;
  while (pos < text.size() && is_key_char(text[pos])) ++pos;
  return text.substr(begin, pos - begin);
}

}  // namespace

bool starts_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}

Compiled<Path> scan_name(std::string_view text, std::size_t& taken) {
  Path path;
  std::size_t& pos = taken;
  pos = 0;
  if (pos < text.size() && text[pos] == '$') {
    path.reserved = true;
    ++pos;
  }
  if (pos < text.size() && starts_name(text[pos])) {
    path.steps.push_back({std::string(scan_key(text, pos)), 0, false});
  } else if (path.reserved || pos >= text.size() || text[pos] != '[') {
    return problem("a name begins with a letter, `_` or `@`",
                   R"(odd keys stand in brackets and quotes: ["x y"])", 0,
                   std::min<std::size_t>(1, text.size()));
  }
  while (pos < text.size() && (text[pos] == '.' || text[pos] == '[')) {
    if (text[pos] == '[') {
      if (auto step = scan_bracket(text, pos, path); !step)
        return std::unexpected(std::move(step.error()));
    } else {
      const std::size_t dot = pos++;
      const std::string_view key = scan_key(text, pos);
      if (key.empty())
        return problem("no name follows the dot",
                       R"(odd keys stand in brackets and quotes: a["x/y"])", dot, 1);
      path.steps.push_back({std::string(key), 0, false});
    }
    if (path.steps.size() > kMaxNameSteps)
      return problem(fmt::format("the name has more than {} parts", kMaxNameSteps), "", 0, pos);
  }
  if (pos > kMaxNameBytes)
    return problem(fmt::format("the name is longer than {} bytes", kMaxNameBytes), "", 0, pos);
  return path;
}

Compiled<Path> compile_name(std::string_view text) {
  std::size_t taken = 0;
  auto path = scan_name(text, taken);
  if (!path) return path;
  if (taken == text.size()) return path;
  const std::string_view rest = text.substr(taken);
  return problem(fmt::format("unexpected {} in a name",
                             rest.front() == ' ' ? "space" : fmt::format("`{}`", rest.front())),
                 text.front() != '$'
                     ? fmt::format("if it is one key, write [{}]", expr::quote(text))
                     : R"(odd keys stand in brackets and quotes: $k8s.labels["x/y"])",
                 taken, 1);
}

Result<Path> parse_name(std::string_view text) {
  auto path = compile_name(text);
  if (path) return std::move(*path);
  const Problem& first = path.error().front();
  std::string message = fmt::format("\"{}\" is no name: {}", text, first.message);
  if (!first.hint.empty()) message += "; " + first.hint;
  return failure(Errc::invalid_data, std::move(message));
}

std::string canonical_name(const Path& path) {
  std::string out;
  if (path.reserved) out.push_back('$');
  append_steps(out, path);
  return out;
}

std::string attribute_name(const Path& path) {
  std::string out;
  append_steps(out, path);
  return out;
}

Path split_path(std::string_view canonical) {
  std::size_t taken = 0;
  auto path = scan_name(canonical, taken);
  if (path && taken == canonical.size()) return std::move(*path);
  Path odd;
  odd.steps.push_back({std::string(canonical), 0, false});
  return odd;
}

std::string last_part(const Path& path) {
  std::string part;
  for (auto step = path.steps.rbegin(); step != path.steps.rend(); ++step) {
    if (!step->is_index) return step->key + part;
    part.insert(0, fmt::format("_{}", step->index));
  }
  return part;
}

}  // namespace pipeline
