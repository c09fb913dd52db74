#include "pipeline/expr/ast.h"

#include <algorithm>
#include <array>

#include "pipeline/expr/quoted.h"

namespace pipeline::expr {
namespace {

// Binds at least as tightly as a value does: needs no parentheses anywhere.
bool is_tight(const Tree& tree) noexcept { return tree.kind >= Kind::call; }

void append(std::string& out, const Tree& tree);

void append_grouped(std::string& out, const Tree& tree, bool grouped) {
  if (grouped) out.push_back('(');
  append(out, tree);
  if (grouped) out.push_back(')');
}

void append_list(std::string& out, const Tree& tree, std::size_t first) {
  for (std::size_t i = first; i < tree.children.size(); ++i) {
    if (i > first) out += ", ";
    append_grouped(out, tree.children[i], !is_tight(tree.children[i]));
  }
}

void append_name(std::string& out, const Tree& tree) {
  const std::string name = canonical_name(tree.path);
  const std::string& first = tree.path.steps.front().key;
  if (!tree.path.reserved && is_keyword(first) && name.starts_with(first)) {
    out += '[' + quote(first) + ']' + name.substr(first.size());
  } else {
    out += name;
  }
}

void append(std::string& out, const Tree& tree) {
  switch (tree.kind) {
    case Kind::any_of:
    case Kind::all_of:
      for (std::size_t i = 0; i < tree.children.size(); ++i) {
        if (i > 0) out += tree.kind == Kind::any_of ? " or " : " and ";
        append_grouped(out, tree.children[i], tree.children[i].kind <= tree.kind);
      }
      break;
    case Kind::negation:
      out += "not ";
      append_grouped(out, tree.children[0],
                     !is_tight(tree.children[0]) && tree.children[0].kind != Kind::negation);
      break;
    case Kind::comparison:
      append_grouped(out, tree.children[0], !is_tight(tree.children[0]));
      out += ' ';
      out += symbol(tree.op);
      out += ' ';
      append_grouped(out, tree.children[1], !is_tight(tree.children[1]));
      break;
    case Kind::membership:
      append_grouped(out, tree.children[0], !is_tight(tree.children[0]));
      out += ' ';
      out += symbol(tree.op);
      out += " [";
      append_list(out, tree, 1);
      out += ']';
      break;
    case Kind::call:
      out += tree.text + '(';
      append_list(out, tree, 0);
      out += ')';
      break;
    case Kind::name:
      append_name(out, tree);
      break;
    case Kind::text:
      out += quote(tree.text);
      break;
    case Kind::number:
    case Kind::duration:
    case Kind::size:
    case Kind::boolean:
      out += tree.text;
      break;
  }
}

}  // namespace

std::string_view symbol(Op op) noexcept {
  constexpr std::array<std::string_view, 10> kSymbols = {"==", "!=", "<",  "<=", ">",
                                                         ">=", "=~", "!~", "in", "not in"};
  return kSymbols[static_cast<std::size_t>(op)];
}

bool same(const Tree& a, const Tree& b) {
  return a.kind == b.kind && a.op == b.op && a.text == b.text && a.path == b.path &&
         std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(),
                    same);
}

std::string print(const Tree& tree) {
  std::string out;
  append(out, tree);
  return out;
}

bool is_keyword(std::string_view word) noexcept {
  constexpr std::array<std::string_view, 7> kWords = {"and",  "or",    "not", "in",
                                                      "true", "false", "null"};
  return std::ranges::find(kWords, word) != kWords.end();
}

}  // namespace pipeline::expr
