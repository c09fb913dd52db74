#include "pipeline/config/overlay.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "pipeline/config/yaml.h"

namespace pipeline {
namespace {

// The '=' that ends the path: not one inside ["…"].
std::size_t equals_sign(std::string_view argument) {
  bool quoted = false;
  for (std::size_t i = 0; i < argument.size(); ++i) {
    if (argument[i] == '"') quoted = !quoted;
    if (argument[i] == '=' && !quoted) return i;
  }
  return std::string_view::npos;
}

void become_mapping(Node& node, const Location& where) {
  node = {};
  node.kind = NodeKind::mapping;
  node.where = where;
}

}  // namespace

void apply_overlay(Node& target, const Node& patch) {
  if (!patch.is_mapping()) {
    target = patch;
    return;
  }
  if (!target.is_mapping()) {
    become_mapping(target, patch.where);
    target.begin = patch.begin;
    target.end = patch.end;
  }
  for (const Node::Entry& entry : patch.entries) {
    if (entry.value.is_null()) {
      std::erase_if(target.entries, [&](const Node::Entry& old) { return old.key == entry.key; });
      continue;
    }
    Node::Entry* old = target.entry(entry.key);
    if (old == nullptr)
      old = &target.entries.emplace_back(Node::Entry{entry.key, entry.key_where, {}});
    apply_overlay(old->value, entry.value);
  }
}

bool apply_set(Node& root, const std::string& argument, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const SourceText>("--set", argument);
  const std::size_t equals = equals_sign(argument);
  const auto whole = Location::of(source, 0, argument.size());
  if (equals == std::string::npos) {
    diagnostics.error("E0115", whole, "--set takes PATH=VALUE")
        .hint("for example --set sinks.loki.url=http://loki:3100");
    return false;
  }
  const auto steps = parse_path(std::string_view(argument).substr(0, equals));
  const auto path = Location::of(source, 0, equals);
  if (steps.empty() || steps.front().index) {
    diagnostics.error("E0115", path, fmt::format("'{}' is no path", argument.substr(0, equals)))
        .hint("for example sinks.loki.url, pipelines.app.to[0] or groups[\"a.b\"]");
    return false;
  }
  const auto value = parse_yaml(source, diagnostics, equals + 1);
  if (!value) return false;

  Node* node = &root;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const PathStep& step = steps[i];
    const bool last = i + 1 == steps.size();
    if (step.index) {
      if (!node->is_sequence() || *step.index >= node->items.size()) {
        diagnostics.error(
            "E0115", path,
            node->is_sequence()
                ? fmt::format("there is no entry [{}] in a list of {}", *step.index,
                              node->items.size())
                : fmt::format("[{}] is no place in {}", *step.index, name_of(node->kind)));
        return false;
      }
      if (last && value->is_null()) {
        node->items.erase(node->items.begin() + static_cast<std::ptrdiff_t>(*step.index));
        return true;
      }
      node = &node->items[*step.index];
      continue;
    }
    if (node->is_sequence() || node->is_scalar()) {
      diagnostics.error("E0115", path,
                        fmt::format("'{}' is no key of {}", step.key, name_of(node->kind)));
      return false;
    }
    if (node->is_null()) become_mapping(*node, path);
    if (last && value->is_null()) {
      std::erase_if(node->entries, [&](const Node::Entry& old) { return old.key == step.key; });
      return true;
    }
    Node::Entry* entry = node->entry(step.key);
    if (entry == nullptr) entry = &node->entries.emplace_back(Node::Entry{step.key, path, {}});
    node = &entry->value;
  }
  apply_overlay(*node, *value);
  return true;
}

}  // namespace pipeline
