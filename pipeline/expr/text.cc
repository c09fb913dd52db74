#include "pipeline/expr/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "pipeline/expr/codes.h"

namespace pipeline {
namespace {

// Bytes of one text, as written.
constexpr std::size_t kMaxTextBytes = 64 * 1024;

bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

Problem problem(std::string_view code, std::string message, std::string hint, std::size_t offset,
                std::size_t length) {
  return {code, std::move(message), std::move(hint), static_cast<std::uint32_t>(offset),
          static_cast<std::uint32_t>(length)};
}

// The name in `{{ name }}` at the front of `text`, as other agents write it; "" when it is not
// that.
std::string_view doubled_name(std::string_view text, std::size_t& size) {
  std::size_t pos = 2;
  while (pos < text.size() && is_space(text[pos])) ++pos;
  const std::size_t begin = pos + (text.substr(pos).starts_with('.') ? 1 : 0);
  std::size_t taken = 0;
  if (!scan_name(text.substr(begin), taken)) return {};
  pos = begin + taken;
  while (pos < text.size() && is_space(text[pos])) ++pos;
  if (!text.substr(pos).starts_with("}}")) return {};
  size = pos + 2;
  return text.substr(begin, taken);
}

}  // namespace

void Text::append_literal(std::string_view text) {
  if (text.empty()) return;
  if (pieces_.empty() || pieces_.back().is_name) pieces_.emplace_back();
  pieces_.back().literal += text;
}

Text Text::literal(std::string_view text) {
  Text result;
  result.source_ = text;
  result.append_literal(text);
  return result;
}

Text Text::of(Name name) {
  Text result;
  result.source_ = '{' + name.text + '}';
  result.mentions_.push_back({name.text, 1, static_cast<std::uint32_t>(name.text.size())});
  Piece piece;
  piece.is_name = true;
  piece.reader = ValueReader(std::move(name));
  result.pieces_.push_back(std::move(piece));
  return result;
}

Compiled<Text> Text::compile(std::string_view text) {
  Text result;
  result.source_ = text;
  Problems problems;
  if (text.size() > kMaxTextBytes) {
    problems.push_back(problem(expr_code::kTooLarge,
                               fmt::format("the text is longer than {} bytes", kMaxTextBytes), "",
                               0, 0));
    return std::unexpected(std::move(problems));
  }
  std::size_t pos = 0;
  while (pos < text.size()) {
    const std::size_t brace = std::min(text.find_first_of("{}", pos), text.size());
    result.append_literal(text.substr(pos, brace - pos));
    pos = brace;
    if (pos == text.size()) break;
    const std::string_view rest = text.substr(pos);
    if (rest.front() == '}') {
      result.append_literal("}");
      pos += rest.starts_with("}}") ? 2 : 1;
      continue;
    }
    if (rest.starts_with("{{")) {
      std::size_t size = 2;
      if (const std::string_view name = doubled_name(rest, size); !name.empty()) {
        problems.push_back(problem(
            expr_code::kText, "`{{` is a literal brace here, not the beginning of a value",
            fmt::format("write `{{{0}}}` for the value, or `{{{{{0}}}` for a literal brace", name),
            pos, size));
      } else {
        result.append_literal("{");
      }
      pos += size;
      continue;
    }
    result.compile_value(text, pos, problems);
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return result;
}

void Text::compile_value(std::string_view text, std::size_t& pos, Problems& problems) {
  const std::size_t open = pos++;
  while (pos < text.size() && is_space(text[pos])) ++pos;
  const std::size_t begin = pos;
  std::size_t taken = 0;
  auto path = scan_name(text.substr(begin), taken);
  pos = begin + taken;
  // Where reading goes on after a mistake: behind the next closing brace.
  const auto give_up = [&](Problem what) {
    problems.push_back(std::move(what));
    pos = std::min(text.find('}', begin), text.size() - 1) + 1;
  };
  if (open > 0 && text[open - 1] == '$') {
    const std::size_t end = std::min(text.find('}', begin), text.size() - 1) + 1;
    return give_up(problem(
        expr_code::kText, "`${` is the environment, and is replaced only where a name follows",
        path ? fmt::format("write `{{{0}}}` for the record's value, `$${{{{{0}}}` for this text",
                           canonical_name(*path))
             : "write `$${{` for a literal `${`",
        open - 1, end - open + 1));
  }
  if (!path) {
    Problem first = path.error().front();
    const bool empty = begin == text.size() || text[begin] == '}';
    first.code = expr_code::kText;
    first.offset += static_cast<std::uint32_t>(begin);
    first.message = empty ? "no name stands in the braces" : first.message;
    first.hint = "`{name}` is a value, `{name|default}` one with a default, `{{` a brace";
    return give_up(std::move(first));
  }
  while (pos < text.size() && is_space(text[pos])) ++pos;
  Piece piece;
  piece.is_name = true;
  if (pos < text.size() && text[pos] == '|') {
    const std::size_t end = text.find('}', pos);
    if (end != std::string_view::npos) {
      piece.has_default = true;
      piece.literal = text.substr(pos + 1, end - pos - 1);
      if (const std::size_t nested = piece.literal.find('{'); nested != std::string::npos)
        return give_up(problem(expr_code::kText, "a default is plain text", "values do not nest",
                               pos + 1 + nested, 1));
      pos = end;
    } else {
      pos = text.size();
    }
  }
  if (pos >= text.size())
    return give_up(problem(expr_code::kText, "this `{` is never closed",
                           "add `}`, or write `{{` for a brace", open, 1));
  if (text[pos] != '}') {
    return give_up(
        problem(expr_code::kText, fmt::format("unexpected `{}` after the name", text[pos]),
                "defaults follow a bar: `{name|none}`; odd keys: `{a[\"x y\"]}`", pos, 1));
  }
  ++pos;
  auto name = resolve(std::move(*path));
  if (!name) {
    Problem first = std::move(name.error().front());
    first.offset = static_cast<std::uint32_t>(begin);
    first.length = static_cast<std::uint32_t>(taken);
    problems.push_back(std::move(first));
    return;
  }
  mentions_.push_back(
      {name->text, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(taken)});
  piece.reader = ValueReader(std::move(*name));
  pieces_.push_back(std::move(piece));
}

bool Text::always_set() const noexcept {
  bool has_text = false;
  for (const Piece& piece : pieces_) {
    const bool present = piece.is_name && is_always_present(piece.reader.name());
    if (piece.is_name && !piece.has_default && !present) return false;
    has_text |= present || !piece.literal.empty();
  }
  return has_text;
}

void Text::fold_host_name(std::string_view host_name) {
  std::vector<Piece> pieces = std::exchange(pieces_, {});
  for (Piece& piece : pieces) {
    if (!piece.is_name) {
      append_literal(piece.literal);
    } else if (piece.reader.name().kind == NameKind::host) {
      append_literal(host_name);
    } else {
      pieces_.push_back(std::move(piece));
    }
  }
}

void Text::bind(FieldPlan& fields, std::string_view host_name) {
  for (Piece& piece : pieces_)
    if (piece.is_name) piece.reader.bind(fields, host_name);
}

void Text::start(const LogBatch& batch) {
  for (Piece& piece : pieces_)
    if (piece.is_name) piece.reader.start(batch);
}

std::string_view Text::value_of(Piece& piece, std::size_t row, Arena& arena) {
  if (!piece.is_name) return piece.literal;
  const Value value = piece.reader.at(row, arena);
  if (piece.has_default && (!value.has_text() || value.text().empty())) return piece.literal;
  if (!value.has_text()) return {};
  // A value of no bytes is present all the same.
  return value.text().data() == nullptr ? std::string_view("") : value.text();
}

Text::Direct Text::direct() const noexcept {
  if (pieces_.size() != 1 || !pieces_[0].is_name) return {};
  const Piece& piece = pieces_[0];
  if (piece.reader.view().layout != ColumnView::Layout::values) return {};
  return {piece.reader.view().values,
          piece.has_default ? std::string_view(piece.literal) : std::string_view()};
}

std::string_view Text::render(std::size_t row, Arena& arena) {
  if (pieces_.size() == 1) return value_of(pieces_.front(), row, arena);
  if (pieces_.empty()) return "";
  parts_.clear();
  std::size_t size = 0;
  for (Piece& piece : pieces_) {
    parts_.push_back(value_of(piece, row, arena));
    if (parts_.back().data() == nullptr) return {};
    size += parts_.back().size();
  }
  char* const begin = arena.allocate(size);
  char* out = begin;
  for (const std::string_view part : parts_) {
    if (part.empty()) continue;
    std::memcpy(out, part.data(), part.size());
    out += part.size();
  }
  return {begin, size};
}

}  // namespace pipeline
