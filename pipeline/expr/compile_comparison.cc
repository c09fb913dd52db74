#include <fmt/format.h>
#include <re2/re2.h>

#include "pipeline/config/units.h"
#include "pipeline/expr/codes.h"
#include "pipeline/expr/compiler.h"
#include "pipeline/expr/quoted.h"

namespace pipeline::expr {
namespace {

// Memory of one pattern's automata. RE2's own default is 8 MiB; patterns of conditions are small,
// and there may be many.
constexpr std::int64_t kPatternBytes = 1 << 20;

bool is_ordering(Op op) noexcept { return op >= Op::less && op <= Op::greater_equal; }
bool is_negative(Op op) noexcept {
  return op == Op::not_equal || op == Op::not_match || op == Op::not_in;
}

Op mirrored(Op op) noexcept {
  switch (op) {
    case Op::less:
      return Op::greater;
    case Op::less_equal:
      return Op::greater_equal;
    case Op::greater:
      return Op::less;
    case Op::greater_equal:
      return Op::less_equal;
    default:
      return op;
  }
}

double duration(const Tree& literal) {
  const bool negative = literal.text.starts_with('-');
  const auto parsed = parse_duration(std::string_view(literal.text).substr(negative ? 1 : 0));
  const double value = parsed ? static_cast<double>(parsed->count()) : 0;
  return negative ? -value : value;
}

double size(const Tree& literal) {
  const bool negative = literal.text.starts_with('-');
  const auto parsed = parse_size(std::string_view(literal.text).substr(negative ? 1 : 0));
  const double value = parsed ? static_cast<double>(parsed->bytes) : 0;
  return negative ? -value : value;
}

NumberOrder number_order(Op op, const Tree& literal) {
  return {op, parse_number(literal.text).value_or(Number{})};
}

UnitOrder unit_order(Op op, const Tree& literal) {
  const bool is_size = literal.kind == Kind::size;
  return {op, is_size ? size(literal) : duration(literal), is_size};
}

}  // namespace

std::uint32_t Compiler::comparison(const Tree& tree) {
  const Tree* left = &tree.children[0];
  const Tree* right = &tree.children[1];
  Op op = tree.op;
  for (const Tree* side : {left, right}) {
    if (is_boolean_expression(*side)) {
      if (side->kind == Kind::call && !known(*side)) return constant(false);
      return wrong(expr_code::kTypes, "this is already true or false and cannot be compared",
                   "use it alone, or with `not`", side->place);
    }
  }
  if (op == Op::match || op == Op::not_match) return search(tree);
  const auto is_fixed = [](const Tree& side) { return is_literal(side) || is_call(side, "now"); };
  if (is_fixed(*left) && is_fixed(*right))
    return wrong(expr_code::kTypes, "two constants are compared, which is always the same",
                 left->kind == Kind::text ? "fields stand without quotes" : "", tree.place);
  if (is_fixed(*left)) {
    std::swap(left, right);
    op = mirrored(op);
  }
  const bool negative = is_negative(op);
  if (negative) op = Op::equal;
  const Operand subject = operand(*left);
  if (is_call(*right, "now") || is_time(*left) || is_time(*right))
    return negated(time_comparison(tree, *left, subject, op, *right), negative);
  if (!is_literal(*right)) return negated(two_names(tree, subject, op, *right), negative);
  return negated(literal_comparison(tree, subject, op, *right), negative);
}

std::uint32_t Compiler::two_names(const Tree& tree, Operand left, Op op, const Tree& right) {
  Step step;
  step.kind = Step::Kind::names;
  step.left = left;
  step.right = operand(right);
  step.op = op;
  if (step.left.through == Operand::Through::length ||
      step.right.through == Operand::Through::length)
    return wrong(expr_code::kTypes, "len(...) compares with a number or a size",
                 "len(field) > 1000", tree.place);
  return add(std::move(step));
}

std::uint32_t Compiler::time_comparison(const Tree& tree, const Tree& left, Operand subject, Op op,
                                        const Tree& right) {
  TimeOrder matcher{.op = op};
  constexpr std::string_view kHint = "compare with now(), now(-1h) or \"2026-01-02T03:04:05Z\"";
  if (subject.through != Operand::Through::nothing)
    return wrong(expr_code::kTypes, fmt::format("{}(...) is no time", left.text), "", left.place);
  if (is_call(right, "now")) {
    matcher.is_relative = true;
    if (right.children.size() > 1 ||
        (right.children.size() == 1 && right.children[0].kind != Kind::duration))
      return arity(right);
    if (!right.children.empty())
      matcher.bound = static_cast<UnixNanos>(duration(right.children[0]));
  } else if (right.kind == Kind::text) {
    const auto time = parse_time_value(right.text);
    if (!time)
      return wrong(expr_code::kLiteral, fmt::format("{} is no time", quote(right.text)),
                   std::string(kHint), right.place);
    matcher.bound = *time;
  } else {
    return wrong(expr_code::kTypes, "$time is a time", std::string(kHint),
                 is_time(right) ? tree.place : right.place);
  }
  return leaf(subject, matcher);
}

bool Compiler::fits_length(Operand subject, const Tree& literal) {
  if (subject.through != Operand::Through::length || literal.kind == Kind::number ||
      literal.kind == Kind::size)
    return true;
  wrong(expr_code::kTypes,
        fmt::format("len(...) is a number and never {}", kind_name(literal.kind)),
        "len(field) > 1000 or len(field) > 10KiB", literal.place);
  return false;
}

std::uint32_t Compiler::literal_comparison(const Tree& tree, Operand subject, Op op,
                                           const Tree& literal) {
  if (!fits_length(subject, literal)) return constant(false);
  switch (literal.kind) {
    case Kind::text:
      if (is_ordering(op)) return leaf(subject, TextOrder{op, literal.text});
      never_lower(subject, literal);
      return leaf(subject, TextEquals{literal.text});
    case Kind::number:
      return leaf(subject, number_order(op, literal));
    case Kind::duration:
    case Kind::size:
      return leaf(subject, unit_order(op, literal));
    case Kind::boolean:
      if (is_ordering(op))
        return wrong(expr_code::kTypes,
                     fmt::format("`{}` orders, and true and false have no order", symbol(tree.op)),
                     "write == or !=", tree.op_place);
      return leaf(subject, BooleanIs{literal.text == "true"});
    default:
      return constant(false);
  }
}

std::uint32_t Compiler::search(const Tree& tree) {
  const Tree& pattern = tree.children[1];
  const Tree& subject = tree.children[0];
  if (pattern.kind != Kind::text)
    return wrong(expr_code::kTypes, fmt::format("`{}` takes a pattern in quotes", symbol(tree.op)),
                 is_literal(pattern) ? fmt::format("write {}", quote(pattern.text))
                                     : "field =~ \"timeout|refused\"",
                 pattern.place);
  if (is_literal(subject) || is_call(subject, "now") || is_call(subject, "len") || is_time(subject))
    return wrong(expr_code::kTypes, "only the text of a field is searched",
                 "write the field on the left: msg =~ \"x\"", subject.place);
  const Operand left = operand(subject);
  const bool negative = tree.op == Op::not_match;
  if (pattern.text.find_first_of("\\.+*?()|[]{}^$") == std::string::npos)
    return negated(leaf(left, Search{nullptr, pattern.text}), negative);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternBytes);
  options.set_never_capture(true);
  auto compiled = std::make_shared<const re2::RE2>(pattern.text, options);
  if (!compiled->ok()) return bad_pattern(pattern, *compiled);
  return negated(leaf(left, Search{std::move(compiled), {}}), negative);
}

std::uint32_t Compiler::bad_pattern(const Tree& pattern, const re2::RE2& compiled) {
  Place place = pattern.place;
  // The culprit is a part of the pattern; in a string without escapes its place is known.
  const std::string& culprit = compiled.error_arg();
  const std::size_t at = culprit.empty() ? std::string::npos : pattern.text.find(culprit);
  if (at != std::string::npos && place.length == pattern.text.size() + 2)
    place = {place.offset + 1 + static_cast<std::uint32_t>(at),
             static_cast<std::uint32_t>(culprit.size())};
  const bool perl = compiled.error_code() == re2::RE2::ErrorBadPerlOp ||
                    compiled.error_code() == re2::RE2::ErrorRepeatArgument;
  return wrong(expr_code::kPattern, fmt::format("the pattern is wrong: {}", compiled.error()),
               perl && culprit.starts_with("(?")
                   ? "patterns are RE2's: no look-around, no back-references"
                   : "",
               place);
}

std::uint32_t Compiler::membership(const Tree& tree) {
  const Tree& subject = tree.children[0];
  if (subject.kind == Kind::call && !known(subject)) return constant(false);
  if (tree.children.size() == 1)
    return wrong(expr_code::kTypes, "nothing is in an empty list", "", tree.place);
  if (is_literal(subject) || is_boolean_expression(subject) || is_call(subject, "now") ||
      is_time(subject))
    return wrong(
        expr_code::kTypes, fmt::format("a field stands before `{}`", symbol(tree.op)),
        subject.kind == Kind::text
            ? "fields stand without quotes; for a part of a text: contains(field, \"text\")"
            : "",
        subject.place);
  const Operand left = operand(subject);
  OneOf list;
  for (std::size_t i = 1; i < tree.children.size(); ++i) {
    const Tree& item = tree.children[i];
    if (!is_literal(item)) {
      wrong(expr_code::kTypes, "a list holds texts, numbers and other constants",
            item.kind == Kind::name
                ? fmt::format("if it is a text, write {}", quote(canonical_name(item.path)))
                : "",
            item.place);
      continue;
    }
    if (!fits_length(left, item)) continue;
    switch (item.kind) {
      case Kind::text:
        never_lower(left, item);
        list.texts.add(item.text);
        break;
      case Kind::number:
        list.numbers.push_back(number_order(Op::equal, item));
        break;
      case Kind::boolean:
        list.booleans.push_back({item.text == "true"});
        break;
      default:
        list.units.push_back(unit_order(Op::equal, item));
        break;
    }
  }
  const bool only_texts = list.numbers.empty() && list.units.empty() && list.booleans.empty();
  const std::uint32_t found =
      only_texts ? leaf(left, OneOfTexts{std::move(list.texts)}) : leaf(left, std::move(list));
  return negated(found, tree.op == Op::not_in);
}

}  // namespace pipeline::expr
