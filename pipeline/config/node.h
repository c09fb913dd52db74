#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/source_text.h"

namespace pipeline {

enum class NodeKind : std::uint8_t { null, scalar, sequence, mapping };
enum class ScalarStyle : std::uint8_t { plain, single_quoted, double_quoted, literal, folded };

// "nothing", "a value", "a list", "a map": for messages.
std::string_view name_of(NodeKind kind) noexcept;

// A value of the configuration with its place. Scalars stay text: what `10s` or `true` means is
// decided by the option that it is given to. Where a value comes from (file, overlay, --set) is
// `where.source`.
struct Node {
  struct Entry;

  NodeKind kind = NodeKind::null;
  ScalarStyle style = ScalarStyle::plain;
  std::string text;            // a scalar's, decoded; before ${NAME} is replaced
  std::vector<Node> items;     // a sequence's
  std::vector<Entry> entries;  // a mapping's, in the order of the file; keys are unique
  Location where;
  // The bytes of `where.source` that the value was read from, quotes included.
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  static Node scalar(std::string text, Location where = {});

  bool is_null() const noexcept { return kind == NodeKind::null; }
  bool is_scalar() const noexcept { return kind == NodeKind::scalar; }
  bool is_sequence() const noexcept { return kind == NodeKind::sequence; }
  bool is_mapping() const noexcept { return kind == NodeKind::mapping; }
  bool is_plain() const noexcept { return is_scalar() && style == ScalarStyle::plain; }

  // The entry, or its value, of that key; null when there is none or this is no mapping.
  const Entry* entry(std::string_view key) const noexcept;
  Entry* entry(std::string_view key) noexcept;
  const Node* find(std::string_view key) const noexcept;
};

struct Node::Entry {
  std::string key;
  Location key_where;
  Node value;
};

// Where bytes [offset, offset + length) of a scalar's text stand in its file, so that an error in
// an expression points into the YAML value. Exact in every style as long as the range lies on one
// line of the file; otherwise cut at the line's end. A value that was not read from a file, or
// whose text was changed, gives node.where.
Location locate(const Node& node, std::size_t offset, std::size_t length);

// One step of a path: a key, or a place in a list.
struct PathStep {
  std::string key;
  std::optional<std::size_t> index;
};

// "sinks.loki.url", "pipelines.app.to[0]", `groups["a.b"]`. Empty when it cannot be read.
std::vector<PathStep> parse_path(std::string_view path);
const Node* find_path(const Node& root, std::string_view path);

}  // namespace pipeline
