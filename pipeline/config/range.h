#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/decode.h"
#include "pipeline/config/rule.h"

// Rule's bounds, applied to a decoded value. Types that have none pass.
namespace pipeline {

namespace detail {

bool check_bounds(long double value, const std::string& text, const Rule& rule, const Node& node,
                  DecodeContext& context);
bool check_words(const std::string& value, const Rule& rule, const Node& node,
                 DecodeContext& context);
bool check_not_empty(bool empty, const Rule& rule, const Node& node, DecodeContext& context);

template <class T>
struct RangeOf {
  static bool check(const T& value, const Rule& rule, const Node& node, DecodeContext& context) {
    if constexpr (std::same_as<T, bool>) {
      return true;
    } else if constexpr (std::integral<T> || std::floating_point<T>) {
      return check_bounds(static_cast<long double>(value), Decode<T>::print(value), rule, node,
                          context);
    } else if constexpr (std::same_as<T, Duration>) {
      return check_bounds(static_cast<long double>(value.count()), print(value), rule, node,
                          context);
    } else if constexpr (std::same_as<T, Size>) {
      return check_bounds(static_cast<long double>(value.bytes), print(value), rule, node, context);
    } else if constexpr (std::same_as<T, Rate>) {
      return check_bounds(static_cast<long double>(value.per_second), print(value), rule, node,
                          context);
    } else if constexpr (std::same_as<T, Ratio>) {
      return check_bounds(static_cast<long double>(value.value), print(value), rule, node, context);
    } else if constexpr (std::same_as<T, std::string>) {
      return check_not_empty(value.empty(), rule, node, context) &&
             check_words(value, rule, node, context);
    } else {
      return true;
    }
  }
};

// The same rule on each element, at its own place.
template <class T>
struct RangeOf<std::vector<T>> {
  static bool check(const std::vector<T>& values, const Rule& rule, const Node& node,
                    DecodeContext& context) {
    bool ok = check_not_empty(values.empty(), rule, node, context);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Node& item = node.is_sequence() && i < node.items.size() ? node.items[i] : node;
      ok = RangeOf<T>::check(values[i], rule, item, context) && ok;
    }
    return ok;
  }
};
template <class T>
struct RangeOf<OrderedMap<T>> {
  static bool check(const OrderedMap<T>& map, const Rule& rule, const Node& node,
                    DecodeContext& context) {
    bool ok = check_not_empty(map.empty(), rule, node, context);
    for (const auto& [key, value] : map) {
      const Node* item = node.find(key);
      ok = RangeOf<T>::check(value, rule, item != nullptr ? *item : node, context) && ok;
    }
    return ok;
  }
};
template <class T>
struct RangeOf<std::optional<T>> {
  static bool check(const std::optional<T>& value, const Rule& rule, const Node& node,
                    DecodeContext& context) {
    return !value || RangeOf<T>::check(*value, rule, node, context);
  }
};
template <class T>
struct RangeOf<Auto<T>> {
  static bool check(const Auto<T>& value, const Rule& rule, const Node& node,
                    DecodeContext& context) {
    return !value.value || RangeOf<T>::check(*value.value, rule, node, context);
  }
};
template <class T>
struct RangeOf<Located<T>> {
  static bool check(const Located<T>& value, const Rule& rule, const Node& node,
                    DecodeContext& context) {
    return RangeOf<T>::check(value.value, rule, node, context);
  }
};

}  // namespace detail

template <class T>
bool in_range(const T& value, const Rule& rule, const Node& node, DecodeContext& context) {
  return detail::RangeOf<T>::check(value, rule, node, context);
}

}  // namespace pipeline
