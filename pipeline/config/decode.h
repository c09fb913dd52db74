#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pipeline/config/decode_context.h"
#include "pipeline/config/node.h"
#include "pipeline/config/secret.h"
#include "pipeline/config/units.h"

namespace pipeline {

struct SchemaView;

// What documents and editors say about a type.
struct TypeInfo {
  std::string name;  // "duration", "list of text", "expression"
  std::string json;  // JSON Schema, draft 2020-12, without `default` and the like
  std::vector<std::string> values = {};  // an enum's words
  // The options of a group; also of a list's or map's elements, when they are groups.
  std::shared_ptr<const SchemaView> nested = nullptr;
  bool secret = false;
  bool takes_map = false;   // the user chooses the keys: labels, headers
  bool substitutes = true;  // ${NAME} is replaced
};

// How a T is read from YAML. Specialise it for new types, in namespace pipeline:
//
//   template <> struct Decode<Condition> {
//     static bool decode(const Node& node, Condition& out, DecodeContext& context);
//     static TypeInfo describe();
//     static std::string print(const Condition&);   // optional: the default's text in documents
//   };
//
// decode() reports every problem to context.diagnostics() and returns false when it reported an
// error; `out` then keeps the default that it came with.
template <class T>
struct Decode;

// A value with its place, for messages that come later.
template <class T>
struct Located {
  T value{};
  Location where = {};
};

// A map with the user's keys, in their order.
template <class T>
struct OrderedMap {
  std::vector<std::pair<std::string, T>> entries;

  auto begin() const noexcept { return entries.begin(); }
  auto end() const noexcept { return entries.end(); }
  bool empty() const noexcept { return entries.empty(); }
  std::size_t size() const noexcept { return entries.size(); }
  const T* find(std::string_view key) const noexcept {
    for (const auto& [name, value] : entries) {
      if (name == key) return &value;
    }
    return nullptr;
  }
};

// The words of an enum: beside it, in its own namespace, stands
//
//   constexpr auto enum_names(Mode) {
//     return std::array{pipeline::EnumName{Mode::block, "block"}, pipeline::EnumName{Mode::drop,
//     "drop"}};
//   }
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};
template <class E, std::size_t N>
EnumName(E, const char (&)[N]) -> EnumName<E>;

template <class E>
struct EnumNames {
  static constexpr auto table = enum_names(E{});
};

template <class E>
  requires std::is_enum_v<E>
constexpr std::string_view enum_name(E value) {
  for (const auto& entry : EnumNames<E>::table) {
    if (entry.value == value) return entry.name;
  }
  return {};
}

// JSON Schema fragments for scalars that ${NAME} may stand in for.
std::string json_or_variable(std::string_view fragment);
std::string json_enum(std::span<const std::string> words);

namespace detail {

bool decode_bool(const Node& node, bool& out, DecodeContext& context);
bool decode_signed(const Node& node, std::int64_t& out, std::int64_t lowest, std::int64_t highest,
                   DecodeContext& context);
bool decode_unsigned(const Node& node, std::uint64_t& out, std::uint64_t highest,
                     DecodeContext& context);
// The index of the word, or nothing after an E0106 with "did you mean". A placeholder of static
// mode gives words.size(): keep the default.
std::optional<std::size_t> decode_word(const Node& node, std::span<const std::string> words,
                                       DecodeContext& context);

}  // namespace detail

template <>
struct Decode<std::string> {
  static bool decode(const Node& node, std::string& out, DecodeContext& context);
  static TypeInfo describe() {
    return {.name = "text", .json = R"({"type":["string","number","boolean"]})"};
  }
  static std::string print(const std::string& value) { return value.empty() ? "" : value; }
};

template <>
struct Decode<bool> {
  static bool decode(const Node& node, bool& out, DecodeContext& context) {
    return detail::decode_bool(node, out, context);
  }
  static TypeInfo describe() {
    return {.name = "boolean", .json = json_or_variable(R"({"type":"boolean"})")};
  }
  static std::string print(bool value) { return value ? "true" : "false"; }
};

template <class N>
  requires(std::integral<N> && !std::same_as<N, bool>)
struct Decode<N> {
  static bool decode(const Node& node, N& out, DecodeContext& context) {
    if constexpr (std::signed_integral<N>) {
      std::int64_t wide = out;
      if (!detail::decode_signed(node, wide, std::numeric_limits<N>::min(),
                                 std::numeric_limits<N>::max(), context)) {
        return false;
      }
      out = static_cast<N>(wide);
    } else {
      std::uint64_t wide = out;
      if (!detail::decode_unsigned(node, wide, std::numeric_limits<N>::max(), context))
        return false;
      out = static_cast<N>(wide);
    }
    return true;
  }
  static TypeInfo describe() {
    return {.name = "integer", .json = json_or_variable(R"({"type":"integer"})")};
  }
  static std::string print(N value) { return std::to_string(value); }
};

template <>
struct Decode<double> {
  static bool decode(const Node& node, double& out, DecodeContext& context);
  static TypeInfo describe() {
    return {.name = "number", .json = json_or_variable(R"({"type":"number"})")};
  }
  static std::string print(double value);
};

template <>
struct Decode<Duration> {
  static bool decode(const Node& node, Duration& out, DecodeContext& context);
  static TypeInfo describe();
  static std::string print(Duration value) { return pipeline::print(value); }
};
template <>
struct Decode<Size> {
  static bool decode(const Node& node, Size& out, DecodeContext& context);
  static TypeInfo describe();
  static std::string print(Size value) { return pipeline::print(value); }
};
template <>
struct Decode<Rate> {
  static bool decode(const Node& node, Rate& out, DecodeContext& context);
  static TypeInfo describe();
  static std::string print(Rate value) { return pipeline::print(value); }
};
template <>
struct Decode<Ratio> {
  static bool decode(const Node& node, Ratio& out, DecodeContext& context);
  static TypeInfo describe();
  static std::string print(Ratio value) { return pipeline::print(value); }
};

template <>
struct Decode<Secret> {
  static bool decode(const Node& node, Secret& out, DecodeContext& context);
  static TypeInfo describe() {
    return {.name = "secret", .json = R"({"type":"string"})", .secret = true};
  }
};

// The node itself, for a plugin that reads it on its own.
template <>
struct Decode<Node> {
  static bool decode(const Node& node, Node& out, DecodeContext&) {
    out = node;
    return true;
  }
  static TypeInfo describe() {
    return {.name = "any", .json = "{}", .takes_map = true, .substitutes = false};
  }
};

template <class E>
  requires std::is_enum_v<E>
struct Decode<E> {
  static bool decode(const Node& node, E& out, DecodeContext& context) {
    const auto index = detail::decode_word(node, words(), context);
    if (!index) return false;
    if (*index < EnumNames<E>::table.size()) out = EnumNames<E>::table[*index].value;
    return true;
  }
  static TypeInfo describe() {
    return {.name = "enum", .json = json_enum(words()), .values = words()};
  }
  static std::string print(E value) { return std::string(enum_name(value)); }

 private:
  static std::vector<std::string> words() {
    std::vector<std::string> all;
    for (const auto& entry : EnumNames<E>::table) all.emplace_back(entry.name);
    return all;
  }
};

}  // namespace pipeline
