#pragma once

#include "pipeline/config/decode.h"
#include "pipeline/expr/condition.h"
#include "pipeline/expr/field_name.h"
#include "pipeline/expr/label_spec.h"
#include "pipeline/expr/text.h"

// How options of this layer's types are read. Include it where a schema has one.
namespace pipeline {

// ${NAME} is not replaced: an expression's text is what stands in the file.
template <>
struct Decode<Condition> {
  static bool decode(const Node& node, Condition& out, DecodeContext& context);
  static TypeInfo describe();
  static std::string print(const Condition& condition) { return condition.text(); }
};

template <>
struct Decode<Text> {
  static bool decode(const Node& node, Text& out, DecodeContext& context);
  static TypeInfo describe();
  static std::string print(const Text& text) { return text.source(); }
};

template <>
struct Decode<FieldName> {
  static bool decode(const Node& node, FieldName& out, DecodeContext& context);
  static TypeInfo describe();
  static std::string print(const FieldName& name) { return name.name(); }
};

template <>
struct Decode<LabelSpec> {
  static bool decode(const Node& node, LabelSpec& out, DecodeContext& context);
  static TypeInfo describe();
};

// Where a mention stands in the configuration. `node` is the scalar that the text was read from.
Location locate(const Node& node, const Mention& mention);

}  // namespace pipeline
