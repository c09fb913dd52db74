#include "pipeline/expr/parser.h"

#include <fmt/format.h>

#include <optional>

#include "pipeline/expr/codes.h"
#include "pipeline/expr/lexer.h"

namespace pipeline::expr {
namespace {

std::optional<Op> operator_of(TokenKind kind) noexcept {
  switch (kind) {
    case TokenKind::equal:
      return Op::equal;
    case TokenKind::not_equal:
      return Op::not_equal;
    case TokenKind::less:
      return Op::less;
    case TokenKind::less_equal:
      return Op::less_equal;
    case TokenKind::greater:
      return Op::greater;
    case TokenKind::greater_equal:
      return Op::greater_equal;
    case TokenKind::match:
      return Op::match;
    case TokenKind::not_match:
      return Op::not_match;
    default:
      return std::nullopt;
  }
}

// Words that stand where an operator should, and what people mean by them.
struct Habit {
  std::string_view word;
  TokenKind meaning;  // end: no operator of ours, the hint must do
  std::string_view hint;
};
constexpr Habit kHabits[] = {{"AND", TokenKind::word_and, "write `and`"},
                             {"OR", TokenKind::word_or, "write `or`"},
                             {"NOT", TokenKind::word_not, "write `not`"},
                             {"IN", TokenKind::word_in, "write `in`"},
                             {"eq", TokenKind::equal, "write `==`"},
                             {"ne", TokenKind::not_equal, "write `!=`"},
                             {"is", TokenKind::equal, "write `==`"},
                             {"equals", TokenKind::equal, "write `==`"},
                             {"matches", TokenKind::match, "write `=~`"},
                             {"like", TokenKind::match, "write `=~`"},
                             {"contains", TokenKind::end, "write contains(field, \"text\")"},
                             {"startswith", TokenKind::end, "write starts_with(field, \"text\")"},
                             {"starts_with", TokenKind::end, "write starts_with(field, \"text\")"},
                             {"endswith", TokenKind::end, "write ends_with(field, \"text\")"},
                             {"ends_with", TokenKind::end, "write ends_with(field, \"text\")"}};

class Parser {
 public:
  Parser(std::string_view text, Problems& problems)
      : text_(text), problems_(problems), tokens_(tokenize(text, problems)) {}

  std::optional<Tree> run() {
    if (peek().kind == TokenKind::end) {
      report(expr_code::kSyntax, "the expression is empty",
             "a comparison, as in level == \"error\"", {});
      return std::nullopt;
    }
    auto tree = any_of();
    if (tree && peek().kind != TokenKind::end) unexpected_after_value();
    return stopped_ ? std::nullopt : std::move(tree);
  }

 private:
  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() { return tokens_[next_ < tokens_.size() - 1 ? next_++ : next_]; }
  bool take_if(TokenKind kind) {
    if (peek().kind != kind) return false;
    take();
    return true;
  }
  std::string_view written(const Place& place) const {
    return text_.substr(place.offset, place.length);
  }

  void report(std::string_view code, std::string message, std::string hint, Place place) {
    problems_.push_back({code, std::move(message), std::move(hint), place.offset, place.length});
  }
  // Ends parsing; only the first such problem is told, the others follow from it.
  std::nullopt_t stop(std::string message, std::string hint, Place place) {
    if (!stopped_ && peek().kind != TokenKind::bad)
      report(expr_code::kSyntax, std::move(message), std::move(hint), place);
    stopped_ = true;
    return std::nullopt;
  }
  std::string found() const {
    return peek().kind == TokenKind::end ? "the end" : fmt::format("`{}`", written(peek().place));
  }

  // Reports a foreign word in front of us and makes it the token that it means.
  void adopt_habit() {
    const Token& token = peek();
    if (token.kind != TokenKind::name || token.path.steps.size() != 1 || token.path.reserved)
      return;
    for (const Habit& habit : kHabits) {
      if (habit.word != token.path.steps[0].key || habit.meaning == TokenKind::end) continue;
      report(expr_code::kForeignSpelling, fmt::format("`{}` is not an operator", habit.word),
             std::string(habit.hint), token.place);
      tokens_[next_].kind = habit.meaning;
      return;
    }
  }

  std::nullopt_t unexpected_after_value() {
    const Token& token = peek();
    std::string hint;
    if (token.kind == TokenKind::close)
      return stop("there is no `(` for this `)`", "", token.place);
    if (token.kind == TokenKind::name && token.path.steps.size() == 1) {
      for (const Habit& habit : kHabits)
        if (habit.word == token.path.steps[0].key) hint = habit.hint;
    }
    if (hint.empty() && operator_of(token.kind))
      hint = "comparisons do not chain: write a < b and b < c";
    return stop(fmt::format("expected an operator, `and` or `or`, found {}", found()),
                std::move(hint), token.place);
  }

  bool too_deep() {
    if (depth_ <= kMaxDepth) return false;
    if (!stopped_)
      report(expr_code::kTooLarge, fmt::format("more than {} levels of nesting", kMaxDepth), "",
             peek().place);
    stopped_ = true;
    return true;
  }

  static void cover(Tree& tree) {
    tree.place.offset = tree.children.front().place.offset;
    tree.place.length = tree.children.back().place.end() - tree.place.offset;
  }

  std::optional<Tree> chain(Kind kind, TokenKind word, std::optional<Tree> (Parser::*part)()) {
    auto first = (this->*part)();
    if (!first) return first;
    adopt_habit();
    if (peek().kind != word) return first;
    Tree tree{.kind = kind, .op_place = peek().place};
    tree.children.push_back(std::move(*first));
    while (take_if(word)) {
      auto next = (this->*part)();
      if (!next) return next;
      tree.children.push_back(std::move(*next));
      adopt_habit();
    }
    cover(tree);
    return tree;
  }
  std::optional<Tree> any_of() { return chain(Kind::any_of, TokenKind::word_or, &Parser::all_of); }
  std::optional<Tree> all_of() {
    return chain(Kind::all_of, TokenKind::word_and, &Parser::negation);
  }

  std::optional<Tree> negation() {
    const bool capital_not = peek().kind == TokenKind::name && written(peek().place) == "NOT" &&
                             (peek(1).kind == TokenKind::name || peek(1).kind == TokenKind::open);
    if (capital_not) adopt_habit();
    if (peek().kind != TokenKind::word_not) return comparison();
    Tree tree{.kind = Kind::negation, .op_place = take().place};
    ++depth_;
    auto inner = too_deep() ? std::nullopt : negation();
    --depth_;
    if (!inner) return inner;
    tree.place = {tree.op_place.offset, inner->place.end() - tree.op_place.offset};
    tree.children.push_back(std::move(*inner));
    return tree;
  }

  std::optional<Tree> comparison() {
    auto left = operand();
    if (!left) return left;
    adopt_habit();
    const Token& token = peek();
    if (const auto op = operator_of(token.kind)) {
      Tree tree{.kind = Kind::comparison, .op = *op, .op_place = take().place};
      auto right = operand();
      if (!right) return right;
      tree.children.push_back(std::move(*left));
      tree.children.push_back(std::move(*right));
      cover(tree);
      return tree;
    }
    if (token.kind == TokenKind::word_in || token.kind == TokenKind::word_not)
      return membership(std::move(*left));
    return left;
  }

  std::optional<Tree> membership(Tree subject) {
    Tree tree{.kind = Kind::membership, .op = Op::in, .op_place = peek().place};
    if (take_if(TokenKind::word_not)) {
      adopt_habit();
      tree.op = Op::not_in;
      tree.op_place.length = peek().place.end() - tree.op_place.offset;
      if (peek().kind != TokenKind::word_in)
        return stop(fmt::format("expected `in` after `not`, found {}", found()),
                    "`not` stands before the comparison: not x == 1", peek().place);
    }
    take();  // `in`
    tree.children.push_back(std::move(subject));
    TokenKind close = TokenKind::close_list;
    if (peek().kind == TokenKind::open) {
      close = TokenKind::close;
      report(expr_code::kForeignSpelling, "lists stand in brackets", "write in [\"a\", \"b\"]",
             peek().place);
    } else if (peek().kind != TokenKind::open_list) {
      return stop(fmt::format("expected a list after `{}`, found {}", symbol(tree.op), found()),
                  peek().kind == TokenKind::text ? fmt::format("write [{}]", written(peek().place))
                                                 : "write in [\"a\", \"b\"]",
                  peek().place);
    }
    const Place opened = take().place;
    if (!arguments(tree, close, opened, "list")) return std::nullopt;
    const std::uint32_t begin = tree.children.front().place.offset;
    tree.place = {begin, last_end_ - begin};
    return tree;
  }

  // Comma-separated operands up to and including `close`; a comma before it is allowed.
  bool arguments(Tree& tree, TokenKind close, Place opened, std::string_view what) {
    while (peek().kind != close) {
      auto item = operand();
      if (!item) return false;
      tree.children.push_back(std::move(*item));
      if (take_if(TokenKind::comma) || peek().kind == close) continue;
      if (peek().kind == TokenKind::end) {
        stop(fmt::format("the {} has no end", what),
             close == TokenKind::close ? "add `)`" : "add `]`", opened);
      } else {
        stop(fmt::format("expected `,` in the {}, found {}", what, found()), "", peek().place);
      }
      return false;
    }
    last_end_ = take().place.end();
    return true;
  }

  std::optional<Tree> operand() {
    const Token token = peek();
    switch (token.kind) {
      case TokenKind::open:
        return group();
      case TokenKind::name:
        take();
        if (peek().kind == TokenKind::open && token.path.steps.size() == 1 && !token.path.reserved)
          return call(token);
        return Tree{.kind = Kind::name, .path = token.path, .place = token.place};
      case TokenKind::text:
        return literal(Kind::text);
      case TokenKind::number:
        return literal(Kind::number);
      case TokenKind::duration:
        return literal(Kind::duration);
      case TokenKind::size:
        return literal(Kind::size);
      case TokenKind::word_true:
      case TokenKind::word_false:
        return literal(Kind::boolean);
      case TokenKind::word_not:
        return stop("`not` cannot stand here", "put it before the comparison: not x == 1",
                    token.place);
      default:
        break;
    }
    return stop(fmt::format("expected a field, a value or a function, found {}", found()), "",
                token.place);
  }

  std::optional<Tree> literal(Kind kind) {
    const Token& token = take();
    return Tree{.kind = kind, .text = token.text, .place = token.place};
  }

  std::optional<Tree> group() {
    const Place opened = take().place;
    ++depth_;
    auto inner = too_deep() ? std::nullopt : any_of();
    --depth_;
    if (!inner) return inner;
    if (peek().kind == TokenKind::end) return stop("this `(` is never closed", "add `)`", opened);
    if (peek().kind != TokenKind::close) return unexpected_after_value();
    const std::uint32_t end = take().place.end();
    inner->place = {opened.offset, end - opened.offset};
    return inner;
  }

  std::optional<Tree> call(const Token& name) {
    const Place opened = take().place;
    Tree tree{.kind = Kind::call, .text = name.path.steps[0].key, .op_place = name.place};
    ++depth_;
    const bool ok = !too_deep() && arguments(tree, TokenKind::close, opened, "argument list");
    --depth_;
    if (!ok) return std::nullopt;
    tree.place = {name.place.offset, last_end_ - name.place.offset};
    return tree;
  }

  std::string_view text_;
  Problems& problems_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  int depth_ = 0;
  std::uint32_t last_end_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::optional<Tree> parse(std::string_view text, Problems& problems) {
  if (text.size() > kMaxExpressionBytes) {
    problems.push_back({expr_code::kTooLarge,
                        fmt::format("the expression is longer than {} bytes", kMaxExpressionBytes),
                        "", 0, 0});
    return std::nullopt;
  }
  return Parser(text, problems).run();
}

}  // namespace pipeline::expr
