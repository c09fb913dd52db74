#include "pipeline/expr/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipeline/config/nearest.h"
#include "pipeline/expr/codes.h"
#include "pipeline/expr/parser.h"
#include "pipeline/expr/quoted.h"

namespace pipeline::expr {
namespace {

struct Function {
  std::string_view name;
  std::string_view usage;
};
constexpr std::array<Function, 8> kFunctions = {{{"exists", "exists(field)"},
                                                 {"lower", "lower(field)"},
                                                 {"len", "len(field)"},
                                                 {"contains", "contains(field, \"text\")"},
                                                 {"starts_with", "starts_with(field, \"text\")"},
                                                 {"ends_with", "ends_with(field, \"text\")"},
                                                 {"cidr", "cidr(field, \"10.0.0.0/8\")"},
                                                 {"now", "now() or now(-24h)"}}};

const Function* find_function(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kFunctions, name, &Function::name);
  return found == kFunctions.end() ? nullptr : found;
}

std::optional<bool> fold(const Program& program, std::uint32_t index) {
  const Step& step = program.steps[index];
  switch (step.kind) {
    case Step::Kind::constant:
      return step.constant;
    case Step::Kind::negation: {
      const auto inner = fold(program, step.children[0]);
      return inner ? std::optional(!*inner) : inner;
    }
    case Step::Kind::all_of:
    case Step::Kind::any_of: {
      const bool decisive = step.kind == Step::Kind::any_of;
      bool all_known = true;
      for (const std::uint32_t child : step.children) {
        const auto value = fold(program, child);
        if (value == decisive) return decisive;
        all_known &= value.has_value();
      }
      return all_known ? std::optional(!decisive) : std::nullopt;
    }
    case Step::Kind::leaf:
    case Step::Kind::names:
      break;
  }
  return std::nullopt;
}

}  // namespace

bool is_boolean_expression(const Tree& tree) noexcept {
  if (tree.kind == Kind::call)
    return tree.text != "lower" && tree.text != "len" && tree.text != "now";
  return tree.kind <= Kind::membership;
}

bool is_time(const Tree& tree) noexcept {
  return tree.kind == Kind::name && tree.path.reserved && tree.path.steps.size() == 1 &&
         tree.path.steps[0].key == "time";
}

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::text:
      return "a text";
    case Kind::number:
      return "a number";
    case Kind::duration:
      return "a duration";
    case Kind::size:
      return "a size";
    case Kind::boolean:
      return "true or false";
    default:
      return "an expression";
  }
}

std::uint32_t Compiler::condition(const Tree& tree) {
  switch (tree.kind) {
    case Kind::any_of:
    case Kind::all_of: {
      Step step;
      step.kind = tree.kind == Kind::any_of ? Step::Kind::any_of : Step::Kind::all_of;
      for (const Tree& child : tree.children) step.children.push_back(condition(child));
      return add(std::move(step));
    }
    case Kind::negation:
      return negated(condition(tree.children[0]), true);
    case Kind::comparison:
      return comparison(tree);
    case Kind::membership:
      return membership(tree);
    case Kind::call:
      return call(tree);
    case Kind::name:
      return leaf(operand(tree), BooleanIs{true});
    case Kind::boolean:
      return constant(tree.text == "true");
    case Kind::text:
    case Kind::number:
    case Kind::duration:
    case Kind::size:
      break;
  }
  return wrong(
      expr_code::kTypes, fmt::format("{} alone is no condition", kind_name(tree.kind)),
      tree.kind == Kind::text ? "compare it: level == \"error\"" : "compare it with a field",
      tree.place);
}

std::uint32_t Compiler::wrong(std::string_view code, std::string message, std::string hint,
                              Place place) {
  problems_.push_back({code, std::move(message), std::move(hint), place.offset, place.length});
  return constant(false);
}

Operand Compiler::operand(const Tree& tree) {
  if (tree.kind == Kind::name) return {reader(tree), Operand::Through::nothing};
  if (tree.kind != Kind::call || !known(tree)) return {};
  if (tree.children.size() != 1) {
    arity(tree);
    return {};
  }
  const Tree& inner = tree.children[0];
  if (is_literal(inner) || is_boolean_expression(inner) || is_call(inner, "now") ||
      is_call(inner, "len")) {
    wrong(expr_code::kArguments,
          fmt::format("{} takes a field, not {}", tree.text,
                      is_literal(inner) ? kind_name(inner.kind) : "an expression"),
          fmt::format("write {}", find_function(tree.text)->usage), inner.place);
    return {};
  }
  Operand result = operand(inner);
  if (is_time(inner)) {
    wrong(expr_code::kTypes, fmt::format("{} takes text, and $time is a time", tree.text), "",
          inner.place);
  }
  result.through = tree.text == "len" ? Operand::Through::length : Operand::Through::lower;
  return result;
}

std::uint32_t Compiler::reader(const Tree& tree) {
  auto name = resolve(tree.path);
  if (!name) {
    for (Problem& problem : name.error()) {
      problem.offset = tree.place.offset;
      problem.length = tree.place.length;
      problems_.push_back(std::move(problem));
    }
    return 0;
  }
  program_.mentions.push_back({name->text, tree.place.offset, tree.place.length});
  const auto known = std::ranges::find(program_.names, *name);
  if (known != program_.names.end())
    return static_cast<std::uint32_t>(known - program_.names.begin());
  program_.names.push_back(std::move(*name));
  return static_cast<std::uint32_t>(program_.names.size() - 1);
}

bool Compiler::known(const Tree& tree) {
  if (find_function(tree.text) != nullptr) return true;
  std::vector<std::string_view> names;
  for (const Function& function : kFunctions) names.push_back(function.name);
  const auto near = nearest(tree.text, names);
  std::string all = "functions: ";
  for (const std::string_view name : names)
    all += fmt::format("{}{}", name == names.front() ? "" : ", ", name);
  wrong(expr_code::kUnknownFunction, fmt::format("there is no function `{}`", tree.text),
        near ? did_you_mean(*near) : all, tree.op_place);
  return false;
}

std::uint32_t Compiler::arity(const Tree& tree) {
  return wrong(expr_code::kArguments,
               fmt::format("{} does not take {} argument{}", tree.text, tree.children.size(),
                           tree.children.size() == 1 ? "" : "s"),
               fmt::format("write {}", find_function(tree.text)->usage), tree.place);
}

std::uint32_t Compiler::call(const Tree& tree) {
  if (!known(tree)) return constant(false);
  if (!is_boolean_expression(tree))
    return wrong(expr_code::kTypes, fmt::format("{}(...) is neither true nor false", tree.text),
                 tree.text == "now"   ? "compare it: $time < now(-1h)"
                 : tree.text == "len" ? "compare it: len(field) > 1000"
                                      : "compare it: lower(field) == \"text\"",
                 tree.place);
  if (tree.text == "exists") {
    if (tree.children.size() != 1) return arity(tree);
    const Tree& name = tree.children[0];
    if (name.kind != Kind::name)
      return wrong(
          expr_code::kArguments, "exists takes a field's name",
          name.kind == Kind::text ? fmt::format("without quotes: exists({})", name.text) : "",
          name.place);
    return leaf(operand(name), Exists{});
  }
  if (tree.children.size() < 2) return arity(tree);
  const Tree& subject = tree.children[0];
  if (is_literal(subject) || is_boolean_expression(subject) || is_call(subject, "len") ||
      is_call(subject, "now"))
    return wrong(expr_code::kArguments,
                 fmt::format("the first argument of {} is a field", tree.text),
                 fmt::format("write {}", find_function(tree.text)->usage), subject.place);
  const Operand left = operand(subject);
  if (is_time(subject))
    return wrong(expr_code::kTypes, fmt::format("{} takes text, and $time is a time", tree.text),
                 "", subject.place);
  return tree.text == "cidr" ? networks(tree, left) : part(tree, left);
}

std::uint32_t Compiler::part(const Tree& tree, Operand left) {
  HasPart matcher;
  matcher.where = tree.text == "starts_with" ? HasPart::Where::front
                  : tree.text == "ends_with" ? HasPart::Where::back
                                             : HasPart::Where::anywhere;
  for (std::size_t i = 1; i < tree.children.size(); ++i) {
    const Tree& text = tree.children[i];
    if (text.kind != Kind::text) {
      wrong(expr_code::kArguments, fmt::format("{} looks for text in quotes", tree.text),
            is_literal(text) ? fmt::format("write {}", quote(text.text)) : "", text.place);
      continue;
    }
    never_lower(left, text);
    matcher.texts.push_back(text.text);
  }
  return leaf(left, std::move(matcher));
}

std::uint32_t Compiler::networks(const Tree& tree, Operand left) {
  InNetworks matcher;
  for (std::size_t i = 1; i < tree.children.size(); ++i) {
    const Tree& text = tree.children[i];
    if (text.kind != Kind::text) {
      wrong(expr_code::kArguments, "cidr takes networks in quotes", "write \"10.0.0.0/8\"",
            text.place);
    } else if (const auto network = parse_network(text.text)) {
      matcher.networks.push_back(*network);
    } else {
      wrong(expr_code::kLiteral, fmt::format("`{}` is no network", text.text),
            "write \"10.0.0.0/8\", \"2001:db8::/32\" or one address", text.place);
    }
  }
  return leaf(left, std::move(matcher));
}

void Compiler::never_lower(Operand left, const Tree& text) {
  if (left.through != Operand::Through::lower) return;
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::none_of(text.text, is_capital)) return;
  std::string low = text.text;
  std::ranges::transform(low, low.begin(),
                         [&](char c) { return is_capital(c) ? static_cast<char>(c + 32) : c; });
  wrong(expr_code::kTypes, "lower(...) has no capital letters, so this never holds",
        fmt::format("write {}", quote(low)), text.place);
}

Compiled<Program> Program::compile(std::string_view text) {
  Problems problems;
  Program program;
  program.text = text;
  if (const auto tree = parse(text, problems))
    program.root = Compiler(program, problems).condition(*tree);
  if (problems.empty()) {
    program.constant = fold(program, program.root);
    return program;
  }
  std::ranges::stable_sort(problems, {}, &Problem::offset);
  return std::unexpected(std::move(problems));
}

}  // namespace pipeline::expr
