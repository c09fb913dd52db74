#include "pipeline/topology/component_text.h"

#include <algorithm>

#include "pipeline/config/canonical.h"

namespace pipeline {
namespace {

void erase_option(Node& node, std::string_view path) {
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    std::erase_if(node.entries, [&](const Node::Entry& entry) { return entry.key == path; });
  } else if (Node::Entry* group = node.entry(path.substr(0, dot)); group != nullptr) {
    erase_option(group->value, path.substr(dot + 1));
  }
}

}  // namespace

std::string component_text(const Node& node, const SchemaView& schema, Substitution& substitution,
                           std::span<const std::string> without) {
  if (node.is_null()) return "{}";  // `- json:` is `- json: {}`
  if (without.empty()) return canonical_text(node, &schema, substitution);
  Node kept = node;
  for (const std::string& path : without) erase_option(kept, path);
  return canonical_text(kept, &schema, substitution);
}

bool has_variables(const Node& node) {
  switch (node.kind) {
    case NodeKind::null:
      return false;
    case NodeKind::scalar:
      return Substitution::is_needed(node.text);
    case NodeKind::sequence:
      return std::ranges::any_of(node.items, has_variables);
    case NodeKind::mapping:
      break;
  }
  return std::ranges::any_of(node.entries,
                             [](const Node::Entry& entry) { return has_variables(entry.value); });
}

}  // namespace pipeline
