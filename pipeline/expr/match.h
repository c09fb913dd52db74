#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include "pipeline/expr/ast.h"
#include "pipeline/expr/convert.h"
#include "pipeline/model/value.h"

namespace re2 {
class RE2;
}

// What a comparison asks of one value. Every matcher is immutable and may be used by all lanes.
namespace pipeline::expr {

// The answer for one value.
enum class Answer : std::uint8_t {
  no = 0,
  yes = 1,
  unconvertible = 2,  // no, and worth counting: there was a value, but not one of that kind
};
constexpr Answer answer(bool holds) noexcept { return holds ? Answer::yes : Answer::no; }

// The ordering operators and `==`; `!=` is the negation of a whole comparison.
inline bool holds(Op op, int order) noexcept {
  switch (op) {
    case Op::less:
      return order < 0;
    case Op::less_equal:
      return order <= 0;
    case Op::greater:
      return order > 0;
    case Op::greater_equal:
      return order >= 0;
    default:
      return order == 0;
  }
}

// Equal bytes of equally long texts: a few overlapping loads beat a call for what fields hold.
inline bool equal_bytes(const char* a, const char* b, std::size_t size) noexcept {
  const auto load8 = [](const char* p) {
    std::uint64_t v;
    std::memcpy(&v, p, 8);
    return v;
  };
  const auto load4 = [](const char* p) {
    std::uint32_t v;
    std::memcpy(&v, p, 4);
    return v;
  };
  if (size > 16) return std::memcmp(a, b, size) == 0;
  if (size >= 8) return ((load8(a) ^ load8(b)) | (load8(a + size - 8) ^ load8(b + size - 8))) == 0;
  if (size >= 4) return ((load4(a) ^ load4(b)) | (load4(a + size - 4) ^ load4(b + size - 4))) == 0;
  for (std::size_t i = 0; i < size; ++i)
    if (a[i] != b[i]) return false;
  return true;
}
inline bool equal_text(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && equal_bytes(a.data(), b.data(), a.size());
}

struct Exists {
  Answer operator()(Value value) const noexcept { return answer(value.has_text()); }
};

struct BooleanIs {
  bool wanted = true;
  Answer operator()(Value value) const noexcept {
    if (!value.has_text()) return Answer::no;
    if (equal_text(value.text(), "true")) return answer(wanted);
    if (equal_text(value.text(), "false")) return answer(!wanted);
    return Answer::unconvertible;
  }
};

struct TextEquals {
  std::string wanted;
  Answer operator()(Value value) const noexcept {
    return answer(value.has_text() && equal_text(value.text(), wanted));
  }
};

// By bytes.
struct TextOrder {
  Op op = Op::less;
  std::string bound;
  Answer operator()(Value value) const noexcept {
    return answer(value.has_text() && holds(op, value.text().compare(bound)));
  }
};

struct NumberOrder {
  Op op = Op::equal;
  Number bound;
  Answer number(const Number& value) const noexcept {
    return answer(holds(op, order(value, bound)));
  }
  Answer operator()(Value value) const noexcept {
    if (!value.has_text()) return Answer::no;
    const auto converted = parse_number(value.text());
    return converted ? number(*converted) : Answer::unconvertible;
  }
};

// Durations in nanoseconds, sizes in bytes.
struct UnitOrder {
  Op op = Op::equal;
  double bound = 0;
  bool is_size = false;
  Answer number(const Number& value) const noexcept {
    return answer(holds(op, (value.real > bound) - (value.real < bound)));
  }
  Answer operator()(Value value) const noexcept {
    if (!value.has_text()) return Answer::no;
    const auto converted =
        is_size ? parse_size_value(value.text()) : parse_duration_value(value.text());
    return converted ? number({*converted, 0, false}) : Answer::unconvertible;
  }
};

struct TimeOrder {
  Op op = Op::less;
  UnixNanos bound = 0;  // or nanoseconds from now:
  bool is_relative = false;
  Answer time(UnixNanos value) const noexcept {
    return answer(holds(op, (value > bound) - (value < bound)));
  }
  Answer operator()(Value value) const noexcept {
    if (!value.has_text()) return Answer::no;
    const auto converted = parse_time_value(value.text());
    return converted ? time(*converted) : Answer::unconvertible;
  }
};

// Texts of a list. Few are compared one by one, many are looked up; either way only those texts
// whose length occurs in the list are looked at.
class TextSet {
 public:
  void add(std::string text);
  bool empty() const noexcept { return texts_.empty(); }
  bool contains(std::string_view text) const noexcept {
    const std::size_t bucket = text.size() < 63 ? text.size() : 63;
    if (((lengths_ >> bucket) & 1) == 0) return false;
    if (!many_.empty()) return many_.contains(text);
    for (const std::string& candidate : texts_)
      if (equal_text(text, candidate)) return true;
    return false;
  }

 private:
  static constexpr std::size_t kFew = 12;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::vector<std::string> texts_;
  std::unordered_set<std::string, Hash, std::equal_to<>> many_;  // the same, beyond kFew
  std::uint64_t lengths_ = 0;
};

// A list of texts only: the usual one.
struct OneOfTexts {
  TextSet texts;
  Answer operator()(Value value) const noexcept {
    return answer(value.has_text() && texts.contains(value.text()));
  }
};

// A list with other literals in it. Unconvertible when no item could be compared with the value.
struct OneOf {
  TextSet texts;
  std::vector<NumberOrder> numbers;
  std::vector<UnitOrder> units;
  std::vector<BooleanIs> booleans;
  Answer number(const Number& value) const noexcept;
  Answer operator()(Value value) const noexcept;
};

// `=~`. A pattern without any special character is searched for as text.
struct Search {
  std::shared_ptr<const re2::RE2> pattern;  // null: literal
  std::string literal;
  Answer operator()(Value value) const noexcept;
};

// contains, starts_with, ends_with: any of the texts.
struct HasPart {
  enum class Where : std::uint8_t { anywhere, front, back };
  Where where = Where::anywhere;
  std::vector<std::string> texts;
  Answer operator()(Value value) const noexcept;
};

struct InNetworks {
  std::vector<Network> networks;
  Answer operator()(Value value) const noexcept;
};

// Two values of one record: as numbers when one of them is a number and the other converts, else as
// text.
Answer compare(Op op, Value left, Value right) noexcept;

using Matcher = std::variant<Exists, BooleanIs, TextEquals, TextOrder, NumberOrder, UnitOrder,
                             TimeOrder, OneOfTexts, OneOf, Search, HasPart, InNetworks>;

}  // namespace pipeline::expr
