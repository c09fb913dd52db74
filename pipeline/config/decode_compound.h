#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/config/decode.h"
#include "pipeline/config/nearest.h"

// Decode<> of the types that hold other types.
namespace pipeline {

// The text of a value for documents; "" when its type has none.
template <class T>
std::string print_value(const T& value) {
  if constexpr (requires { Decode<T>::print(value); }) {
    return Decode<T>::print(value);
  } else {
    return {};
  }
}

template <class T>
struct Decode<std::optional<T>> {
  static bool decode(const Node& node, std::optional<T>& out, DecodeContext& context) {
    T value = out.value_or(T{});
    if (!Decode<T>::decode(node, value, context)) return false;
    out = std::move(value);
    return true;
  }
  static TypeInfo describe() { return Decode<T>::describe(); }
  static std::string print(const std::optional<T>& value) {
    return value ? print_value(*value) : "";
  }
};

template <class T>
struct Decode<Auto<T>> {
  static bool decode(const Node& node, Auto<T>& out, DecodeContext& context) {
    if (node.is_scalar()) {
      const auto used = context.text(node, "`auto` or a value");
      if (!used) return false;
      if (used->text == "auto" || used->has_placeholder) {
        out.value.reset();
        return true;
      }
      static constexpr std::string_view kAuto = "auto";
      if (nearest(used->text, std::span(&kAuto, 1))) {
        context.bad_value(node, used->text, "`auto` or a value").hint(did_you_mean(kAuto));
        return false;
      }
    }
    T value{};
    if (!Decode<T>::decode(node, value, context)) return false;
    out.value = std::move(value);
    return true;
  }
  static TypeInfo describe() {
    TypeInfo info = Decode<T>::describe();
    info.name = "auto or " + info.name;
    info.json = R"({"anyOf":[{"const":"auto"},)" + info.json + "]}";
    return info;
  }
  static std::string print(const Auto<T>& value) {
    return value.value ? print_value(*value.value) : "auto";
  }
};

template <class T>
struct Decode<Located<T>> {
  static bool decode(const Node& node, Located<T>& out, DecodeContext& context) {
    out.where = node.where;
    return Decode<T>::decode(node, out.value, context);
  }
  static TypeInfo describe() { return Decode<T>::describe(); }
  static std::string print(const Located<T>& value) { return print_value(value.value); }
};

template <class T>
struct Decode<std::vector<T>> {
  static bool decode(const Node& node, std::vector<T>& out, DecodeContext& context) {
    if (!node.is_sequence()) {
      if (!context.rule().single_or_list || node.is_null()) {
        auto& entry = context.wrong_kind(node, "a list");
        if (node.is_scalar()) entry.hint("write a list: [" + node.text + "]");
        return false;
      }
      T only{};
      if (!Decode<T>::decode(node, only, context)) return false;
      out.clear();
      out.push_back(std::move(only));
      return true;
    }
    std::vector<T> values;
    bool ok = true;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const auto scope = context.option("[" + std::to_string(i) + "]", node.items[i].where);
      T value{};
      ok = Decode<T>::decode(node.items[i], value, context) && ok;
      values.push_back(std::move(value));
    }
    if (ok) out = std::move(values);
    return ok;
  }
  static TypeInfo describe() {
    TypeInfo info = Decode<T>::describe();
    info.name = "list of " + info.name;
    info.json = R"({"type":"array","items":)" + info.json + "}";
    info.takes_map = false;
    return info;
  }
  static std::string print(const std::vector<T>& values) {
    std::string text = "[";
    for (const T& value : values) {
      if (text.size() > 1) text += ", ";
      text += print_value(value);
    }
    return text + "]";
  }
};

template <class T>
struct Decode<OrderedMap<T>> {
  static bool decode(const Node& node, OrderedMap<T>& out, DecodeContext& context) {
    if (!node.is_mapping()) {
      context.wrong_kind(node, "a map");
      return false;
    }
    OrderedMap<T> values;
    bool ok = true;
    for (const Node::Entry& entry : node.entries) {
      const auto scope = context.option(entry.key, entry.key_where);
      T value{};
      ok = Decode<T>::decode(entry.value, value, context) && ok;
      values.entries.emplace_back(entry.key, std::move(value));
    }
    if (ok) out = std::move(values);
    return ok;
  }
  static TypeInfo describe() {
    TypeInfo info = Decode<T>::describe();
    info.name = "map of " + info.name;
    info.json = R"({"type":"object","additionalProperties":)" + info.json + "}";
    info.takes_map = true;
    return info;
  }
  static std::string print(const OrderedMap<T>& map) {
    std::string text = "{";
    for (const auto& [key, value] : map) {
      if (text.size() > 1) text += ", ";
      text += key + ": " + print_value(value);
    }
    return text + "}";
  }
};

}  // namespace pipeline
