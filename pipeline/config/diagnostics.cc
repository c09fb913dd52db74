#include "pipeline/config/diagnostics.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace pipeline {
namespace {

// Longer lines are shown around the caret only. In code points.
constexpr std::size_t kMaxQuoted = 160;
constexpr std::size_t kBeforeCaret = 60;

// A line as code points, with what would move the caret or reach the terminal made harmless.
std::vector<std::string> cells(std::string_view line) {
  std::vector<std::string> out;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U && !out.empty()) {
      out.back() += c;
    } else if (c == '\t') {
      out.emplace_back(" ");
    } else if (byte < 0x20 || byte == 0x7F) {
      out.emplace_back("?");
    } else {
      out.emplace_back(1, c);
    }
  }
  return out;
}

}  // namespace

Diagnostic& Diagnostic::hint(std::string text) {
  if (!text.empty()) hints.push_back(std::move(text));
  return *this;
}

Diagnostic& Diagnostic::note(Location place, std::string text) {
  notes.push_back({std::move(place), std::move(text)});
  return *this;
}

Diagnostics::Entry& Diagnostics::error(std::string_view code, Location where, std::string message) {
  Entry& entry = entries_.emplace_back();
  entry.code = code;
  entry.where = std::move(where);
  entry.message = std::move(message);
  return entry;
}

Diagnostics::Entry& Diagnostics::warning(std::string_view code, Location where,
                                         std::string message) {
  Entry& entry = error(code, std::move(where), std::move(message));
  entry.kind = DiagnosticKind::warning;
  return entry;
}

void Diagnostics::mask(const Location& where) {
  if (where) masked_.push_back(where);
}

std::size_t Diagnostics::error_count() const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count(entries_, DiagnosticKind::error, &Diagnostic::kind));
}

std::size_t Diagnostics::warning_count() const noexcept { return entries_.size() - error_count(); }

void Diagnostics::promote_warnings() noexcept {
  for (Entry& entry : entries_) entry.kind = DiagnosticKind::error;
}

void Diagnostics::append(Diagnostics other) {
  std::ranges::move(other.entries_, std::back_inserter(entries_));
  std::ranges::move(other.masked_, std::back_inserter(masked_));
}

std::vector<const Diagnostics::Entry*> Diagnostics::sorted() const {
  std::map<std::string_view, std::size_t> order;  // of files
  std::vector<const Entry*> out;
  for (const Entry& entry : entries_) {
    if (entry.where) order.emplace(entry.where.source->name(), order.size() + 1);
    const bool again = std::ranges::any_of(out, [&](const Entry* known) {
      return known->code == entry.code && known->message == entry.message &&
             known->where.source == entry.where.source && known->where.line == entry.where.line &&
             known->where.column == entry.where.column;
    });
    if (!again) out.push_back(&entry);
  }
  // With the order of reporting as the last key, because std::stable_sort of this library warns.
  using Key = std::tuple<std::size_t, std::uint32_t, std::uint32_t, std::size_t>;
  std::vector<std::pair<Key, const Entry*>> keyed;
  for (const Entry* entry : out) {
    const std::size_t file = entry->where ? order.at(entry->where.source->name()) : 0;
    keyed.push_back({Key(file, entry->where.line, entry->where.column, keyed.size()), entry});
  }
  std::ranges::sort(keyed, {}, &std::pair<Key, const Entry*>::first);
  std::ranges::transform(keyed, out.begin(), &std::pair<Key, const Entry*>::second);
  return out;
}

std::string Diagnostics::masked_line(const Location& where) const {
  std::string out;
  auto shown = cells(where.source->line(where.line));
  for (const Location& secret : masked_) {
    if (secret.source != where.source || secret.line != where.line) continue;
    for (std::size_t i = secret.column - 1;
         i < shown.size() && i < secret.column - 1 + secret.length; ++i) {
      shown[i] = "*";
    }
  }
  for (const std::string& cell : shown) out += cell;
  return out;
}

void Diagnostics::quote(std::string& out, const Location& where, bool with_context,
                        bool colour) const {
  if (!where) return;
  const std::size_t width = std::max<std::size_t>(4, std::to_string(where.line).size() + 1);
  if (with_context && where.line > 1) {
    Location before = where;
    --before.line;
    const std::string text = masked_line(before);
    if (text.find_first_not_of(' ') != std::string::npos && code_points(text) <= kMaxQuoted) {
      out += fmt::format("{:>{}} | {}\n", before.line, width, text);
    }
  }
  auto shown = cells(masked_line(where));
  while (!shown.empty() && shown.back() == " ") shown.pop_back();
  std::size_t caret = where.column == 0 ? 0 : where.column - 1;
  std::size_t from = 0;
  if (shown.size() > kMaxQuoted && caret > kBeforeCaret) from = caret - kBeforeCaret;
  const std::size_t to = std::min(shown.size(), from + kMaxQuoted);
  std::string line = from > 0 ? "…" : "";
  for (std::size_t i = from; i < to; ++i) line += shown[i];
  if (to < shown.size()) line += "…";
  caret = caret - from + (from > 0 ? 1 : 0);
  const std::size_t behind =
      where.column == 0 || where.column - 1 >= to ? 1 : to - (where.column - 1);
  const std::size_t length =
      std::clamp<std::size_t>(where.length, 1, std::max<std::size_t>(behind, 1));
  out += fmt::format("{:>{}} |{}{}\n", where.line, width, line.empty() ? "" : " ", line);
  out += fmt::format("{:>{}} | {}{}^{}{}\n", "", width, std::string(caret, ' '),
                     colour ? "\x1B[32;1m" : "", std::string(length - 1, '~'),
                     colour ? "\x1B[0m" : "");
}

std::string Diagnostics::to_text(bool colour) const {
  const auto paint = [&](std::string_view code, std::string_view text) {
    return colour ? fmt::format("\x1B[{}m{}\x1B[0m", code, text) : std::string(text);
  };
  const auto prefix = [](const Location& where) {
    return where ? where.text() + ": " : std::string();
  };
  std::string out;
  for (const Entry* entry : sorted()) {
    const bool is_error = entry->kind == DiagnosticKind::error;
    out += prefix(entry->where);
    out += paint(is_error ? "31;1" : "33;1",
                 fmt::format("{}[{}]:", is_error ? "error" : "warning", entry->code));
    out += ' ' + entry->message + '\n';
    quote(out, entry->where, true, colour);
    for (const auto& note : entry->notes) {
      out += prefix(note.where) + paint("1", "note:") + ' ' + note.text + '\n';
      quote(out, note.where, false, colour);
    }
    for (const std::string& hint : entry->hints) out += paint("36;1", "hint:") + ' ' + hint + '\n';
  }
  return out;
}

}  // namespace pipeline
