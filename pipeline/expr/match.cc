#include "pipeline/expr/match.h"

#include <re2/re2.h>

#include <algorithm>

namespace pipeline::expr {
namespace {

bool contains(std::string_view text, std::string_view part) noexcept {
  return part.empty() || (text.size() >= part.size() &&
                          ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr);
}

}  // namespace

void TextSet::add(std::string text) {
  lengths_ |= std::uint64_t{1} << std::min<std::size_t>(text.size(), 63);
  texts_.push_back(std::move(text));
  if (texts_.size() <= kFew) return;
  if (many_.empty()) many_.insert(texts_.begin(), texts_.end());
  many_.insert(texts_.back());
}

Answer OneOf::number(const Number& value) const noexcept {
  const auto equals = [&value](const auto& item) { return item.number(value) == Answer::yes; };
  return answer(std::ranges::any_of(numbers, equals) || std::ranges::any_of(units, equals));
}

Answer OneOf::operator()(Value value) const noexcept {
  if (!value.has_text()) return Answer::no;
  if (texts.contains(value.text())) return Answer::yes;
  bool comparable = !texts.empty();
  const auto try_all = [&](const auto& items) {
    for (const auto& item : items) {
      const Answer result = item(value);
      if (result == Answer::yes) return true;
      comparable |= result == Answer::no;
    }
    return false;
  };
  if (try_all(numbers) || try_all(units) || try_all(booleans)) return Answer::yes;
  return comparable ? Answer::no : Answer::unconvertible;
}

Answer Search::operator()(Value value) const noexcept {
  if (!value.has_text()) return Answer::no;
  const std::string_view text = value.text();
  if (!pattern) return answer(contains(text, literal));
  return answer(pattern->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                               re2::RE2::UNANCHORED, nullptr, 0));
}

Answer HasPart::operator()(Value value) const noexcept {
  if (!value.has_text()) return Answer::no;
  const std::string_view text = value.text();
  return answer(std::ranges::any_of(texts, [&](const std::string& part) {
    switch (where) {
      case Where::front:
        return text.starts_with(part);
      case Where::back:
        return text.ends_with(part);
      case Where::anywhere:
        break;
    }
    return contains(text, part);
  }));
}

Answer InNetworks::operator()(Value value) const noexcept {
  if (!value.has_text()) return Answer::no;
  const auto address = parse_address(value.text());
  if (!address) return Answer::unconvertible;
  return answer(std::ranges::any_of(
      networks, [&](const Network& network) { return network.contains(*address); }));
}

Answer compare(Op op, Value left, Value right) noexcept {
  if (!left.has_text() || !right.has_text()) return Answer::no;
  if (left.type() == ValueType::number || right.type() == ValueType::number) {
    const auto a = parse_number(left.text());
    const auto b = parse_number(right.text());
    if (a && b) return answer(holds(op, order(*a, *b)));
  }
  return answer(holds(op, left.text().compare(right.text())));
}

}  // namespace pipeline::expr
