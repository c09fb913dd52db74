#include "plugins/transforms/set/assignment.h"

#include <string>
#include <utility>

#include "pipeline/expr/codes.h"

namespace pipeline {
namespace {

// What to write instead of setting this name; "" when it can be set.
std::string refusal(const Name& name) {
  switch (name.kind) {
    case NameKind::field:
    case NameKind::body:
    case NameKind::tenant:
    case NameKind::label:
    case NameKind::metadata:
    case NameKind::row:
      return "";
    case NameKind::time:
      return "the transform `timestamp` sets a record's time";
    default:
      return "only fields, $body, $tenant, $severity, $label.NAME and $meta.NAME can be set";
  }
}

}  // namespace

bool Decode<plugins::transforms::set::Assignments>::decode(
    const Node& node, plugins::transforms::set::Assignments& out, DecodeContext& context) {
  if (!node.is_mapping()) {
    context.wrong_kind(node, "a map from name to text").hint("write set: {level: info}");
    return false;
  }
  plugins::transforms::set::Assignments made;
  bool ok = true;
  for (const Node::Entry& entry : node.entries) {
    const auto scope = context.option(entry.key, entry.key_where);
    auto target = compile_reference(entry.key);
    if (!target) {
      for (const Problem& problem : target.error()) {
        auto& told = context.diagnostics().error(problem.code, entry.key_where, problem.message);
        if (!problem.hint.empty()) told.hint(problem.hint);
      }
      ok = false;
      continue;
    }
    if (const std::string hint = refusal(*target); !hint.empty()) {
      context.diagnostics()
          .error(expr_code::kName, entry.key_where, "'" + entry.key + "' cannot be set")
          .hint(hint);
      ok = false;
      continue;
    }
    Text text;
    if (!Decode<Text>::decode(entry.value, text, context)) {
      ok = false;
      continue;
    }
    made.entries.push_back({std::move(*target), std::move(text), entry.value.where});
  }
  if (ok) out = std::move(made);
  return ok;
}

TypeInfo Decode<plugins::transforms::set::Assignments>::describe() {
  return {
      .name = "map of text with names",
      .json = R"({"type":"object","additionalProperties":{"type":["string","number","boolean"]}})",
      .takes_map = true};
}

}  // namespace pipeline
