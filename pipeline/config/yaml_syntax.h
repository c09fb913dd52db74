#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "pipeline/config/diagnostics.h"
#include "pipeline/config/source_text.h"

namespace pipeline {

// What libyaml said, and byte offsets of where.
struct SyntaxProblem {
  std::string_view problem;
  std::string_view context;
  std::size_t at = 0;
  std::optional<std::size_t> context_at;
};

// Reports E0101 in plain words, with a hint that fits what stands there.
void report_syntax(const SourceRef& source, const SyntaxProblem& problem, Diagnostics& diagnostics);

// Reports bytes that no YAML file holds (UTF-16, malformed UTF-8, control characters). False when
// there are any.
bool check_encoding(const SourceRef& source, Diagnostics& diagnostics);

}  // namespace pipeline
