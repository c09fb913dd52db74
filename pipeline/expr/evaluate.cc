#include "pipeline/expr/evaluate.h"

#include <algorithm>
#include <utility>

namespace pipeline::expr {
namespace {

void lower_into(std::string& out, std::string_view text) {
  out.assign(text);
  // ASCII only: the same in every locale, and a byte for a byte.
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
}

// Asks `match` for the text in lower case.
template <class Match>
struct Lowered {
  const Match& match;
  std::string& scratch;
  Answer operator()(Value value) const {
    if (!value.has_text()) return match(value);
    lower_into(scratch, value.text());
    return match(Value::string(scratch));
  }
};

// Asks `match` for the number of bytes.
template <class Match>
struct Measured {
  const Match& match;
  Answer operator()(Value value) const noexcept {
    if (!value.has_text()) return Answer::no;
    return match.number(Number::of(static_cast<std::int64_t>(value.text().size())));
  }
};

template <class Match>
concept TakesNumber = requires(const Match& match) { match.number(Number{}); };

}  // namespace

Value value_at(const ColumnView& view, std::size_t row) noexcept {
  switch (view.layout) {
    case ColumnView::Layout::values:
      return view.values[row];
    case ColumnView::Layout::texts:
      return view.text_at(row);
    case ColumnView::Layout::dictionary:
      return view.values[view.index[row]];
    case ColumnView::Layout::ranges: {
      const auto after = std::upper_bound(
          view.ranges.begin(), view.ranges.end(), row,
          [](std::size_t r, const ColumnView::Range& range) { return r < range.begin; });
      if (after == view.ranges.begin()) return {};
      const ColumnView::Range& range = *std::prev(after);
      if (row >= range.end) return {};
      return range.values != nullptr ? range.values[row] : range.constant;
    }
    case ColumnView::Layout::absent:
    case ColumnView::Layout::times:
      break;
  }
  return {};
}

UnixNanos Evaluation::now() {
  if (!now_known_) now_value_ = clock_.unix_now();
  now_known_ = true;
  return now_value_;
}

void Evaluation::step(std::uint32_t index, const Selection& in, Selection& out) {
  const Step& current = program_.steps[index];
  switch (current.kind) {
    case Step::Kind::all_of:
      return all_of(index, in, out);
    case Step::Kind::any_of:
      return any_of(index, in, out);
    case Step::Kind::negation: {
      Selection& inner = workspace_.selections[index * 2];
      step(current.children[0], in, inner);
      out = in;
      out.subtract(inner);
      return;
    }
    case Step::Kind::constant:
      if (current.constant) {
        out = in;
      } else {
        out.reset_none(in.rows());
      }
      return;
    case Step::Kind::leaf:
      out.reset_none(in.rows());
      return leaf(current, in, out);
    case Step::Kind::names:
      out.reset_none(in.rows());
      return names(current, in, out);
  }
}

void Evaluation::all_of(std::uint32_t index, const Selection& in, Selection& out) {
  const Step& current = program_.steps[index];
  Selection& next = workspace_.selections[index * 2];
  step(current.children[0], in, out);
  for (std::size_t i = 1; i < current.children.size() && !out.none(); ++i) {
    step(current.children[i], out, next);
    std::swap(out, next);
  }
}

void Evaluation::any_of(std::uint32_t index, const Selection& in, Selection& out) {
  const Step& current = program_.steps[index];
  Selection& undecided = workspace_.selections[index * 2];
  Selection& next = workspace_.selections[index * 2 + 1];
  step(current.children[0], in, out);
  undecided = in;
  undecided.subtract(out);
  for (std::size_t i = 1; i < current.children.size() && !undecided.none(); ++i) {
    step(current.children[i], undecided, next);
    out |= next;
    undecided.subtract(next);
  }
}

// Sets a bit of `out` for each row of `in` that matches, a word of 64 rows at a time.
template <class ValueAt, class Match>
void Evaluation::rows(const ValueAt& value_at_row, const Match& match, const Selection& in,
                      Selection& out) {
  std::uint64_t unconvertible = 0;
  for (std::size_t w = 0; w < in.words().size(); ++w) {
    std::uint64_t live = in.words()[w];
    std::uint64_t hits = 0;
    const auto ask = [&](std::size_t bit) {
      const auto result = static_cast<std::uint64_t>(match(value_at_row((w << 6) + bit)));
      hits |= (result & 1) << bit;
      unconvertible += result >> 1;
    };
    if (live == ~std::uint64_t{0}) {
      for (std::size_t bit = 0; bit < 64; ++bit) ask(bit);
    } else {
      for (; live != 0; live &= live - 1) ask(static_cast<std::size_t>(std::countr_zero(live)));
    }
    out.words()[w] |= hits;
  }
  unconvertible_ += unconvertible;
}

template <class Match>
void Evaluation::look(const ColumnView& view, const Match& match, const Selection& in,
                      Selection& out) {
  switch (view.layout) {
    case ColumnView::Layout::absent:
      break;
    case ColumnView::Layout::times:
      break;  // leaf() asked for them
    case ColumnView::Layout::values:
      rows([values = view.values](std::size_t row) { return values[row]; }, match, in, out);
      break;
    case ColumnView::Layout::texts:
      rows([&view](std::size_t row) { return view.text_at(row); }, match, in, out);
      break;
    case ColumnView::Layout::dictionary: {
      // Each entry is asked once, however many rows have it.
      constexpr std::uint8_t kUnknown = 0xFF;
      std::vector<std::uint8_t>& answers = workspace_.answers;
      answers.clear();
      in.for_each([&](std::size_t row) {
        const std::uint32_t entry = view.index[row];
        if (entry >= answers.size()) answers.resize(entry + 1, kUnknown);
        if (answers[entry] == kUnknown)
          answers[entry] = static_cast<std::uint8_t>(match(view.values[entry]));
        if ((answers[entry] & 1) != 0) out.set(row);
        unconvertible_ += answers[entry] >> 1;
      });
      break;
    }
    case ColumnView::Layout::ranges:
      for (const ColumnView::Range& range : view.ranges) {
        if (range.values != nullptr) {
          in.for_each(range.begin, range.end, [&](std::size_t row) {
            const Answer result = match(range.values[row]);
            if (result == Answer::yes) out.set(row);
            unconvertible_ += result == Answer::unconvertible;
          });
          continue;
        }
        const Answer result = match(range.constant);
        if (result == Answer::yes)
          in.for_each(range.begin, range.end, [&out](std::size_t row) { out.set(row); });
        if (result == Answer::unconvertible) unconvertible_ += in.count(range.begin, range.end);
      }
      break;
  }
}

void Evaluation::leaf(const Step& current, const Selection& in, Selection& out) {
  const ColumnView& view = views_[current.left.reader];
  if (view.layout == ColumnView::Layout::times) {
    // The compiler lets $time meet only times, and exists().
    if (const auto* order = std::get_if<TimeOrder>(&current.matcher)) {
      TimeOrder fixed = *order;
      if (fixed.is_relative) fixed.bound += now();
      in.for_each([&](std::size_t row) {
        if (fixed.time(view.times[row]) == Answer::yes) out.set(row);
      });
    } else if (std::holds_alternative<Exists>(current.matcher)) {
      out = in;
    }
    return;
  }
  std::visit(
      [&](const auto& match) {
        using Match = std::decay_t<decltype(match)>;
        if constexpr (std::is_same_v<Match, TimeOrder>) {
          TimeOrder fixed = match;
          if (fixed.is_relative) fixed.bound += now();
          look(view, fixed, in, out);
        } else if (current.left.through == Operand::Through::nothing) {
          look(view, match, in, out);
        } else if (current.left.through == Operand::Through::lower) {
          look(view, Lowered<Match>{match, workspace_.lowered}, in, out);
        } else if constexpr (TakesNumber<Match>) {
          look(view, Measured<Match>{match}, in, out);
        }
      },
      current.matcher);
}

void Evaluation::names(const Step& current, const Selection& in, Selection& out) {
  const ColumnView& left = views_[current.left.reader];
  const ColumnView& right = views_[current.right.reader];
  std::string& low = workspace_.lowered;
  in.for_each([&](std::size_t row) {
    Value a = value_at(left, row);
    Value b = value_at(right, row);
    // lower() of both at once shares the one scratch string: both texts, one after the other.
    const bool lower_a = current.left.through == Operand::Through::lower && a.has_text();
    const bool lower_b = current.right.through == Operand::Through::lower && b.has_text();
    if (lower_a || lower_b) {
      low.clear();
      if (lower_a) low += a.text();
      const std::size_t middle = low.size();
      if (lower_b) low += b.text();
      for (char& c : low)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
      if (lower_a) a = Value::string(std::string_view(low).substr(0, middle));
      if (lower_b) b = Value::string(std::string_view(low).substr(middle));
    }
    if (compare(current.op, a, b) == Answer::yes) out.set(row);
  });
}

}  // namespace pipeline::expr
