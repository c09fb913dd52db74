#include "pipeline/expr/decode.h"

#include <string>
#include <utility>

#include "pipeline/expr/codes.h"

namespace pipeline {
namespace {

// Reports every problem at its place inside the value. `text` is what was compiled: when variables
// have been replaced in it, offsets mean nothing in the file and the whole value is shown.
void report(const Problems& problems, const Node& node, std::string_view text,
            DecodeContext& context) {
  for (const Problem& problem : problems) {
    Location where = text == node.text ? locate(node, problem.offset, problem.length) : node.where;
    auto& entry = context.diagnostics().error(problem.code, std::move(where), problem.message);
    if (!problem.hint.empty()) entry.hint(problem.hint);
  }
}

template <class T>
bool take(Compiled<T> compiled, const Node& node, std::string_view text, T& out,
          DecodeContext& context) {
  if (compiled) {
    out = std::move(*compiled);
    return true;
  }
  report(compiled.error(), node, text, context);
  return false;
}

bool decode_names(const Node& node, LabelSpec& spec, DecodeContext& context) {
  bool ok = true;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    const auto scope = context.option("[" + std::to_string(i) + "]", item.where);
    const auto used = context.text(item, "a field");
    if (!used) {
      ok = false;
      continue;
    }
    if (used->has_placeholder) continue;
    if (const auto added = spec.add_name(used->text, item.where); !added) {
      report(added.error(), item, used->text, context);
      ok = false;
    }
  }
  return ok;
}

bool decode_map(const Node& node, LabelSpec& spec, DecodeContext& context) {
  bool ok = true;
  for (const Node::Entry& entry : node.entries) {
    const auto scope = context.option(entry.key, entry.key_where);
    if (entry.value.is_null()) {
      context.diagnostics()
          .error(expr_code::kText, entry.key_where, "label '" + entry.key + "' has no text")
          .hint("the field of that name is `" + entry.key + ": \"{" + entry.key +
                "}\"`, or the list [" + entry.key + "]");
      ok = false;
      continue;
    }
    Text text;
    if (!Decode<Text>::decode(entry.value, text, context)) {
      ok = false;
      continue;
    }
    if (const auto added = spec.add(entry.key, std::move(text), entry.value.where); !added) {
      const Problem& problem = added.error().front();
      auto& told = context.diagnostics().error(problem.code, entry.key_where, problem.message);
      if (!problem.hint.empty()) told.hint(problem.hint);
      ok = false;
      continue;
    }
    if (LabelSpec::looks_like_field(spec.entries().back())) {
      const std::string field(spec.entries().back().text.constant());
      context.diagnostics()
          .warning(expr_code::kConstantLabel, entry.value.where,
                   "label '" + entry.key + "' gets the constant text '" + field + "'")
          .hint("constant text; the field is `\"{" + field + "}\"` or `[" + field + "]`");
    }
  }
  return ok;
}

}  // namespace

bool Decode<Condition>::decode(const Node& node, Condition& out, DecodeContext& context) {
  const auto text = context.raw_text(node, "an expression");
  return text && take(Condition::compile(*text), node, *text, out, context);
}

TypeInfo Decode<Condition>::describe() {
  return {.name = "expression", .json = R"({"type":["string","boolean"]})", .substitutes = false};
}

bool Decode<Text>::decode(const Node& node, Text& out, DecodeContext& context) {
  const auto used = context.text(node, "a text");
  if (!used) return false;
  // What the variable will hold is not known: any text will do.
  if (used->has_placeholder) {
    out = Text::literal(used->text);
    return true;
  }
  return take(Text::compile(used->text), node, used->text, out, context);
}

TypeInfo Decode<Text>::describe() {
  return {.name = "text with names", .json = R"({"type":["string","number","boolean"]})"};
}

bool Decode<FieldName>::decode(const Node& node, FieldName& out, DecodeContext& context) {
  const auto used = context.text(node, "a field");
  if (!used) return false;
  if (used->has_placeholder) return true;
  return take(FieldName::compile(used->text), node, used->text, out, context);
}

TypeInfo Decode<FieldName>::describe() { return {.name = "field", .json = R"({"type":"string"})"}; }

bool Decode<LabelSpec>::decode(const Node& node, LabelSpec& out, DecodeContext& context) {
  LabelSpec spec;
  bool ok = false;
  if (node.is_sequence()) {
    ok = decode_names(node, spec, context);
  } else if (node.is_mapping()) {
    ok = decode_map(node, spec, context);
  } else {
    auto& entry = context.wrong_kind(node, "a map of labels or a list of fields");
    if (node.is_scalar()) entry.hint("write a list: [" + node.text + "]");
  }
  if (ok) out = std::move(spec);
  return ok;
}

TypeInfo Decode<LabelSpec>::describe() {
  return {
      .name = "labels",
      .json =
          R"({"anyOf":[{"type":"object","additionalProperties":{"type":["string","number","boolean"]}},)"
          R"({"type":"array","items":{"type":"string"}}]})",
      .takes_map = true};
}

Location locate(const Node& node, const Mention& mention) {
  return locate(node, mention.offset, mention.length);
}

}  // namespace pipeline
