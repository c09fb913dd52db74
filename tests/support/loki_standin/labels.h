#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace loki_standin {

struct Label {
  std::string name;
  std::string value;
};

// Reads `{a="b", c="d"}` as Loki does: quoted values with Go's escapes, commas between pairs, an
// optional final comma. Keeps the order and the duplicates, so that the rules can name them. The
// error is the text that follows "error parsing labels '...' with error: ".
std::expected<std::vector<Label>, std::string> parse_labels(std::string_view text);

bool is_valid_utf8(std::string_view text);

// [a-zA-Z_][a-zA-Z0-9_]*: what a label name of a stream may be.
bool is_label_name(std::string_view name);

}  // namespace loki_standin
