#pragma once

#include <cstddef>
#include <optional>

#include "pipeline/config/diagnostics.h"
#include "pipeline/config/node.h"
#include "pipeline/config/source_text.h"

namespace pipeline {

// What a hostile or generated file may cost.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxNodes = 200'000;  // after aliases have been expanded
inline constexpr std::size_t kMaxNesting = 64;

// Reads YAML 1.1 as libyaml does, less what goes wrong silently: duplicate keys, `<<`, tags,
// several documents and keys that are no text are errors. An empty text is a null node. `begin`
// skips a prefix (the path in `--set a.b=VALUE`). Nothing after errors were reported.
std::optional<Node> parse_yaml(SourceRef source, Diagnostics& diagnostics, std::size_t begin = 0);

}  // namespace pipeline
