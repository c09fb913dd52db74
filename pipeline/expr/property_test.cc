#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "pipeline/expr/condition.h"
#include "pipeline/expr/parser.h"
#include "pipeline/expr/test_batch.h"
#include "pipeline/expr/text.h"

// Rules that hold for every expression, tried on many random ones with fixed seeds.
namespace pipeline::expr {
namespace {

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }
  template <class T, std::size_t N>
  const T& pick(const T (&values)[N]) {
    return values[below(N)];
  }

 private:
  std::mt19937 engine_;
};

Tree leaf(Kind kind, std::string text) { return {.kind = kind, .text = std::move(text)}; }
Tree name(const char* text) { return {.kind = Kind::name, .path = split_path(text)}; }

constexpr const char* kNames[] = {
    "a",          "b",       "c",  "d",     "a.b[0]",          "$label.app",
    "$file.path", "$stream", "in", "and.x", R"(["x \" y"].z)", R"(k["in"])",
    "@t-s"};
constexpr const char* kTexts[] = {"x", "", "error", "5", "true", "a\"b\\c\n\t\x01", "é'`", "1.5s"};

// A value that may stand on either side of an operator.
Tree value(Random& random, int depth) {
  switch (random.below(depth > 0 ? 8 : 6)) {
    case 0:
      return leaf(Kind::text, random.pick(kTexts));
    case 1:
      return leaf(Kind::number, std::to_string(random.below(1000)));
    case 2:
      return leaf(Kind::duration, "1h30m");
    case 3:
      return leaf(Kind::size, "10MiB");
    case 4:
      return leaf(Kind::boolean, random.below(2) == 0 ? "true" : "false");
    case 5:
    case 6:
      return name(random.pick(kNames));
    default: {
      Tree call{.kind = Kind::call, .text = random.below(2) == 0 ? "lower" : "f"};
      for (std::size_t i = random.below(3); i > 0; --i)
        call.children.push_back(value(random, depth - 1));
      return call;
    }
  }
}

// Any tree that can be written, sensible or not.
Tree any_tree(Random& random, int depth) {
  if (depth == 0 || random.below(4) == 0) return value(random, depth);
  Tree tree;
  switch (random.below(5)) {
    case 0:
    case 1:
      tree.kind = random.below(2) == 0 ? Kind::any_of : Kind::all_of;
      for (std::size_t i = 2 + random.below(2); i > 0; --i)
        tree.children.push_back(any_tree(random, depth - 1));
      break;
    case 2:
      tree.kind = Kind::negation;
      tree.children.push_back(any_tree(random, depth - 1));
      break;
    case 3:
      tree.kind = Kind::comparison;
      tree.op = static_cast<Op>(random.below(8));
      tree.children.push_back(any_tree(random, depth - 1));
      tree.children.push_back(any_tree(random, depth - 1));
      break;
    default:
      tree.kind = Kind::membership;
      tree.op = random.below(2) == 0 ? Op::in : Op::not_in;
      for (std::size_t i = 1 + random.below(4); i > 0; --i)
        tree.children.push_back(any_tree(random, depth - 1));
  }
  return tree;
}

TEST(ExpressionProperty, WhatIsPrintedParsesToTheSameTree) {
  Random random(1);
  for (int i = 0; i < 5000; ++i) {
    const Tree tree = any_tree(random, 4);
    const std::string text = print(tree);
    Problems problems;
    const auto again = parse(text, problems);
    ASSERT_TRUE(again && problems.empty()) << text << "\n"
                                           << (problems.empty() ? "" : problems[0].message);
    ASSERT_TRUE(same(tree, *again)) << text << "\n" << print(*again);
  }
}

TEST(ExpressionProperty, NoTextBreaksTheParser) {
  constexpr const char* kPieces[] = {
      "a",  "==",   "!=",    "and",   "or",    "not",   "in",      "(",  ")",  "[",
      "]",  ",",    "\"x\"", "`",     "\"",    "'",     "{",       "}",  "{{", "${",
      "$",  ".",    "1",     "-",     "5s",    "10Mi",  "exists(", "=~", "&&", "|",
      "\\", "\xff", "\n",    "now()", "$time", "\"(\"", "|none",   "é"};
  Random random(2);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::size_t n = random.below(12); n > 0; --n) {
      if (random.below(4) == 0)
        text.push_back(static_cast<char>(random.below(256)));
      else
        text += random.pick(kPieces);
      if (random.below(2) == 0) text.push_back(' ');
    }
    const auto check = [&](const auto& compiled) {
      if (compiled) return;
      ASSERT_FALSE(compiled.error().empty()) << text;
      for (const Problem& problem : compiled.error()) {
        ASSERT_LE(problem.offset + problem.length, text.size()) << text << ": " << problem.message;
        ASSERT_FALSE(problem.message.empty());
      }
    };
    check(Condition::compile(text));
    check(Text::compile(text));
    check(compile_name(text));
  }
}

// The language once more, for one record at a time and without any of the tricks.
class Naive {
 public:
  explicit Naive(const Fields& record) : record_(record) {}

  bool holds(const Tree& tree) const {
    const auto& c = tree.children;
    switch (tree.kind) {
      case Kind::any_of:
        return std::ranges::any_of(c, [this](const Tree& t) { return holds(t); });
      case Kind::all_of:
        return std::ranges::all_of(c, [this](const Tree& t) { return holds(t); });
      case Kind::negation:
        return !holds(c[0]);
      case Kind::boolean:
        return tree.text == "true";
      case Kind::name:
        return text_of(tree) == "true";
      case Kind::comparison:
        if (tree.op == Op::not_equal) return !compare(c[0], Op::equal, c[1]);
        return compare(c[0], tree.op, c[1]);
      case Kind::membership: {
        const bool found = std::any_of(c.begin() + 1, c.end(), [&](const Tree& item) {
          return compare(c[0], Op::equal, item);
        });
        return found == (tree.op == Op::in);
      }
      case Kind::call:
        if (tree.text == "exists") return text_of(c[0]).has_value();
        return text_of(c[0]) && text_of(c[0])->find(c[1].text) != std::string::npos;
      default:
        return false;
    }
  }

 private:
  std::optional<std::string> text_of(const Tree& tree) const {
    if (tree.kind == Kind::call) {
      auto text = text_of(tree.children[0]);
      if (text)
        std::ranges::transform(*text, text->begin(),
                               [](char ch) { return static_cast<char>(std::tolower(ch)); });
      return text;
    }
    for (const auto& [key, value] : record_)
      if (key == canonical_name(tree.path) && value.has_text()) return std::string(value.text());
    return std::nullopt;
  }

  static bool ordered(Op op, double a, double b) {
    switch (op) {
      case Op::less:
        return a < b;
      case Op::less_equal:
        return a <= b;
      case Op::greater:
        return a > b;
      case Op::greater_equal:
        return a >= b;
      default:
        return a == b;
    }
  }

  bool compare(const Tree& left, Op op, const Tree& literal) const {
    const auto text = text_of(left);
    if (!text) return false;
    switch (literal.kind) {
      case Kind::number: {
        char* end = nullptr;
        const double value = std::strtod(text->c_str(), &end);
        return !text->empty() && *end == '\0' && ordered(op, value, std::stod(literal.text));
      }
      case Kind::duration: {
        if (!text->ends_with("ms") || text->size() == 2) return false;
        return ordered(op, std::stod(*text), std::stod(literal.text));
      }
      case Kind::boolean:
        return *text == literal.text;
      default:
        return ordered(op, text->compare(literal.text), 0);
    }
  }

  const Fields& record_;
};

// Trees that compile, over the fields a to d.
Tree sound(Random& random, int depth) {
  constexpr const char* kFields[] = {"a", "b", "c", "d", "$file.path", "$label.app"};
  if (depth == 0) {
    const auto subject = [&] {
      if (random.below(4) > 0) return name(random.pick(kFields));
      Tree lower{.kind = Kind::call, .text = "lower"};
      lower.children.push_back(name(random.pick(kFields)));
      return lower;
    };
    const auto literal = [&] {
      switch (random.below(4)) {
        case 0:
          return leaf(Kind::number, std::to_string(random.below(4)));
        case 1:
          return leaf(Kind::duration, std::to_string(random.below(4)) + "ms");
        default: {
          constexpr const char* kLiterals[] = {"x", "y", "error", "a rather long value", "2", ""};
          return leaf(Kind::text, random.pick(kLiterals));
        }
      }
    };
    Tree tree;
    switch (random.below(6)) {
      case 0:
        return name(random.pick(kFields));
      case 1:
        tree = {.kind = Kind::call, .text = "exists"};
        tree.children.push_back(name(random.pick(kFields)));
        return tree;
      case 2:
        tree = {.kind = Kind::call, .text = "contains"};
        tree.children.push_back(subject());
        tree.children.push_back(leaf(Kind::text, "r"));
        return tree;
      case 3:
        tree = {.kind = Kind::membership, .op = random.below(2) == 0 ? Op::in : Op::not_in};
        tree.children.push_back(subject());
        for (std::size_t i = 1 + random.below(3); i > 0; --i) tree.children.push_back(literal());
        return tree;
      default:
        tree = {.kind = Kind::comparison, .op = static_cast<Op>(random.below(6))};
        tree.children.push_back(subject());
        tree.children.push_back(literal());
        return tree;
    }
  }
  Tree tree;
  constexpr Kind kKinds[] = {Kind::any_of, Kind::all_of, Kind::negation};
  tree.kind = random.pick(kKinds);
  for (std::size_t i = tree.kind == Kind::negation ? 1 : 2 + random.below(2); i > 0; --i)
    tree.children.push_back(
        sound(random, static_cast<int>(random.below(static_cast<std::size_t>(depth)))));
  return tree;
}

TEST(ExpressionProperty, ColumnsAndSingleRecordsAgree) {
  const Value kValues[] = {Value{},
                           {ValueType::null, "null"},
                           Value::string("x"),
                           Value::string("Error"),
                           Value::string("error"),
                           Value::string("a rather long value"),
                           Value::string(""),
                           Value::string("2"),
                           Value::number("1"),
                           Value::number("2.0"),
                           Value::string("3ms"),
                           Value::string("1ms"),
                           {ValueType::boolean, "true"},
                           {ValueType::boolean, "false"},
                           {ValueType::json, "{}"}};
  Random random(3);
  LogBatch batch;
  const FixedClock clock;
  for (int round = 0; round < 1500; ++round) {
    const Tree tree = sound(random, 3);
    auto condition = Condition::compile(print(tree));
    ASSERT_TRUE(condition) << print(tree) << ": " << condition.error().front().message;
    FieldPlan plan;
    condition->bind(plan);

    const std::size_t count = 1 + random.below(200);
    std::vector<Fields> rows(count);
    for (Fields& row : rows)
      for (const char* field : {"a", "b", "c", "d"}) row.emplace_back(field, random.pick(kValues));
    fill(batch, plan, rows, {{"file.path", "error"}});
    batch.label_sets = {LabelSet::empty(), LabelSet::make({{"app", "x"}}),
                        LabelSet::make({{"app", "2"}})};
    for (std::size_t row = 0; row < count; ++row) {
      batch.labels[row] = static_cast<std::uint32_t>(random.below(3));
      rows[row].emplace_back("$file.path", Value::string("error"));
      if (const std::string* app = batch.label_sets[batch.labels[row]]->find("app"))
        rows[row].emplace_back("$label.app", Value::string(*app));
      if (random.below(3) == 0) batch.frame.live.clear(row);
    }
    EvalContext context(clock);
    Selection out;
    condition->evaluate(batch, batch.frame.live, out, context);
    ASSERT_EQ(out.rows(), count);
    for (std::size_t row = 0; row < count; ++row) {
      const bool expected = batch.frame.live.test(row) && Naive(rows[row]).holds(tree);
      ASSERT_EQ(out.test(row), expected) << print(tree) << " row " << row;
    }
  }
}

}  // namespace
}  // namespace pipeline::expr
