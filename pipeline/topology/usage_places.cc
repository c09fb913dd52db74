#include "pipeline/topology/usage_places.h"

#include <functional>
#include <optional>
#include <string_view>

namespace pipeline {
namespace {

// Visits keys and scalars in the order of the file until one answers with a place.
using Ask = std::function<std::optional<Location>(const Node::Entry*, const Node*)>;

std::optional<Location> search(const Node& node, const Ask& ask) {
  if (node.is_scalar()) return ask(nullptr, &node);
  for (const Node& item : node.items)
    if (auto found = search(item, ask)) return found;
  for (const Node::Entry& entry : node.entries) {
    if (auto found = ask(&entry, nullptr)) return found;
    if (auto found = search(entry.value, ask)) return found;
  }
  return std::nullopt;
}

Location find_place(const Node& options, std::string_view word, const Location& fallback) {
  if (word.empty()) return fallback;
  const auto whole =
      search(options, [&](const Node::Entry* entry, const Node* scalar) -> std::optional<Location> {
        if (entry != nullptr && entry->key == word) return entry->key_where;
        if (scalar != nullptr && scalar->text == word) return scalar->where;
        return std::nullopt;
      });
  if (whole) return *whole;
  const auto part =
      search(options, [&](const Node::Entry*, const Node* scalar) -> std::optional<Location> {
        if (scalar == nullptr) return std::nullopt;
        const std::size_t at = scalar->text.find(word);
        if (at == std::string::npos) return std::nullopt;
        return locate(*scalar, at, word.size());
      });
  return part.value_or(fallback);
}

// The value that stands there; null when it is a key's place or none of these options'.
const Node* find_node(const Node& node, const Location& where) {
  if (node.where.source == where.source && node.where.line == where.line &&
      node.where.column == where.column && node.where.length == where.length)
    return &node;
  for (const Node& item : node.items)
    if (const Node* found = find_node(item, where)) return found;
  for (const Node::Entry& entry : node.entries)
    if (const Node* found = find_node(entry.value, where)) return found;
  return nullptr;
}

}  // namespace

void fill_places(Usage& usage, const Node& options, const Location& fallback) {
  const auto fill = [&](auto& uses, auto member) {
    for (auto& use : uses) {
      if (!use.where) {
        use.where = find_place(options, use.*member, fallback);
      } else if (const Node* option = find_node(options, use.where); option != nullptr) {
        use.where = find_place(*option, use.*member, use.where);
      }
    }
  };
  for (auto* names : {&usage.reads, &usage.writes, &usage.parses, &usage.metadata})
    fill(*names, &Usage::Name::name);
  fill(usage.labels, &Usage::LabelUse::name);
  fill(usage.listens, &Usage::Listen::address);
  for (auto* paths : {&usage.reads_files, &usage.skips_files, &usage.writes_files})
    fill(*paths, &Usage::Path::pattern);
}

}  // namespace pipeline
