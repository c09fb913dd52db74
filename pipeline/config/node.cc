#include "pipeline/config/node.h"

#include <charconv>
#include <utility>

namespace pipeline {

std::string_view name_of(NodeKind kind) noexcept {
  switch (kind) {
    case NodeKind::null:
      return "nothing";
    case NodeKind::scalar:
      return "a single value";
    case NodeKind::sequence:
      return "a list";
    case NodeKind::mapping:
      return "a map";
  }
  return "?";
}

Node Node::scalar(std::string text, Location where) {
  Node node;
  node.kind = NodeKind::scalar;
  node.style = ScalarStyle::double_quoted;
  node.text = std::move(text);
  node.where = std::move(where);
  return node;
}

const Node::Entry* Node::entry(std::string_view key) const noexcept {
  for (const Entry& candidate : entries) {
    if (candidate.key == key) return &candidate;
  }
  return nullptr;
}

Node::Entry* Node::entry(std::string_view key) noexcept {
  return const_cast<Entry*>(std::as_const(*this).entry(key));
}

const Node* Node::find(std::string_view key) const noexcept {
  const Entry* found = entry(key);
  return found != nullptr ? &found->value : nullptr;
}

std::vector<PathStep> parse_path(std::string_view path) {
  std::vector<PathStep> steps;
  std::size_t i = 0;
  while (i < path.size()) {
    if (path[i] == '[') {
      const bool quoted = i + 1 < path.size() && path[i + 1] == '"';
      const std::size_t begin = i + (quoted ? 2 : 1);
      const std::size_t end = path.find(quoted ? "\"]" : "]", begin);
      if (end == std::string_view::npos) return {};
      const std::string_view inside = path.substr(begin, end - begin);
      if (quoted) {
        steps.push_back({std::string(inside), std::nullopt});
      } else {
        std::size_t index = 0;
        const auto read = std::from_chars(inside.data(), inside.data() + inside.size(), index);
        if (read.ec != std::errc() || read.ptr != inside.data() + inside.size()) return {};
        steps.push_back({{}, index});
      }
      i = end + (quoted ? 2 : 1);
      if (i < path.size() && path[i] != '.' && path[i] != '[') return {};
    } else {
      if (path[i] == '.') {
        if (steps.empty()) return {};
        ++i;
      }
      const std::size_t end = std::min(path.find_first_of(".[", i), path.size());
      if (end == i) return {};
      steps.push_back({std::string(path.substr(i, end - i)), std::nullopt});
      i = end;
    }
  }
  return steps;
}

const Node* find_path(const Node& root, std::string_view path) {
  const auto steps = parse_path(path);
  if (steps.empty()) return nullptr;
  const Node* node = &root;
  for (const PathStep& step : steps) {
    if (step.index) {
      if (*step.index >= node->items.size()) return nullptr;
      node = &node->items[*step.index];
    } else {
      node = node->find(step.key);
      if (node == nullptr) return nullptr;
    }
  }
  return node;
}

}  // namespace pipeline
