#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/source_text.h"

namespace pipeline {

enum class DiagnosticKind : std::uint8_t { error, warning };

// One problem: what and where, what to do about it, and the other places that explain it.
struct Diagnostic {
  struct Note {
    Location where;
    std::string text;
  };

  DiagnosticKind kind = DiagnosticKind::error;
  std::string code;  // of the catalogue in codes.h
  Location where;
  std::string message;  // lower case, no full stop
  std::vector<std::string> hints;
  std::vector<Note> notes;

  Diagnostic& hint(std::string text);
  Diagnostic& note(Location place, std::string text);
};

// Every problem of a configuration: collected, never the first only. One thread at a time.
class Diagnostics {
 public:
  using Entry = Diagnostic;

  // The reference stays valid: d.error("E0102", where, "...").hint("did you mean 'include'?").
  Entry& error(std::string_view code, Location where, std::string message);
  Entry& warning(std::string_view code, Location where, std::string message);

  // Shows `*` instead of this range wherever its line is quoted: a secret in plain sight.
  void mask(const Location& where);

  bool has_errors() const noexcept { return error_count() > 0; }
  std::size_t error_count() const noexcept;
  std::size_t warning_count() const noexcept;
  bool empty() const noexcept { return entries_.empty(); }
  // --strict.
  void promote_warnings() noexcept;
  // Moves all of `other` behind ours.
  void append(Diagnostics other);

  // By file (in the order in which they were first named), line and column; equal ones are once.
  std::vector<const Entry*> sorted() const;
  const std::deque<Entry>& entries() const noexcept { return entries_; }

  // FILE:LINE:COL: error[E0102]: message, the quoted lines with a caret, hints and notes.
  std::string to_text(bool colour = false) const;
  // {"diagnostics": [...], "errors": 1, "warnings": 0}
  std::string to_json() const;
  // SARIF 2.1.0, for code scanning.
  std::string to_sarif() const;

 private:
  std::string masked_line(const Location& where) const;
  void quote(std::string& out, const Location& where, bool with_context, bool colour) const;

  std::deque<Entry> entries_;
  std::vector<Location> masked_;
};

}  // namespace pipeline
