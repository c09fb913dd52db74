#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/expr/condition.h"
#include "pipeline/expr/problem.h"
#include "pipeline/expr/value_reader.h"
#include "pipeline/model/arena.h"
#include "pipeline/model/field_plan.h"
#include "pipeline/model/log_batch.h"
#include "pipeline/model/value.h"

namespace pipeline {

// A text with values in it: `/archive/{$tenant|none}/x`. `{{` and `}}` are single braces.
//
// A value is text as it is, a number or boolean as it was written, an object or array as raw JSON.
// `{name|default}` takes the default where the value is missing, null or empty; a missing value
// without a default makes the whole text missing. Each lane renders its own copy; one thread at a
// time.
class Text {
 public:
  Text() = default;  // the constant ""

  static Compiled<Text> compile(std::string_view text);
  // No braces are special.
  static Text literal(std::string_view text);
  // As compile("{name}") of a name that has been resolved.
  static Text of(Name name);

  // As it was written.
  const std::string& source() const noexcept { return source_; }
  bool is_constant() const noexcept {
    return pieces_.empty() || (pieces_.size() == 1 && is_literal(pieces_[0]));
  }
  // REQUIRES: is_constant()
  std::string_view constant() const noexcept {
    return pieces_.empty() ? std::string_view() : std::string_view(pieces_[0].literal);
  }
  // What stands before the first name: a `file` sink's path must have one.
  std::string_view literal_prefix() const noexcept {
    return pieces_.empty() || !is_literal(pieces_[0]) ? std::string_view()
                                                      : std::string_view(pieces_[0].literal);
  }
  // Neither missing nor empty in any record: all names have a default or are always present, and
  // something in it is never empty.
  bool always_set() const noexcept;
  const std::vector<Mention>& mentions() const noexcept { return mentions_; }

  // Puts what is known at load in place of `$host.name`, so that the text may become constant.
  void fold_host_name(std::string_view host_name);

  // Asks the plan for what it reads.
  void bind(FieldPlan& fields, std::string_view host_name = {});
  // Before the first row of every batch. REQUIRES: bind().
  void start(const LogBatch& batch);
  // Missing: data() == nullptr. A text of one piece is a view of the value or of this Text; others
  // are made in `arena`. REQUIRES: start() of this batch.
  std::string_view render(std::size_t row, Arena& arena);

  // What render() does, for a loop of one's own: a text that is one field of the record. `values`
  // is null when it is anything else. REQUIRES: start() of this batch.
  struct Direct {
    const Value* values = nullptr;
    std::string_view fallback;  // data() == nullptr without a default

    std::string_view at(std::size_t row) const noexcept {
      const Value value = values[row];
      if (!value.has_text()) return fallback;
      return value.text().empty() && fallback.data() != nullptr ? fallback : value.text();
    }
  };
  Direct direct() const noexcept;

 private:
  struct Piece {
    bool is_name = false;
    bool has_default = false;
    std::string literal;  // the text itself, or the default
    ValueReader reader;
  };
  static bool is_literal(const Piece& piece) noexcept { return !piece.is_name; }
  void append_literal(std::string_view text);
  // Reads `{...}` at text[pos].
  void compile_value(std::string_view text, std::size_t& pos, Problems& problems);
  static std::string_view value_of(Piece& piece, std::size_t row, Arena& arena);

  std::string source_;
  std::vector<Piece> pieces_;  // literals are joined: no two in a row
  std::vector<Mention> mentions_;
  std::vector<std::string_view> parts_;  // of the row in hand
};

}  // namespace pipeline
