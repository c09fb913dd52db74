#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.h"
#include "pipeline/expr/problem.h"

namespace pipeline {

// One step into a record: a key of an object, or an index into an array.
struct NameStep {
  std::string key;          // unescaped; unused when is_index
  std::uint32_t index = 0;  // from 0
  bool is_index = false;
  bool operator==(const NameStep&) const = default;
};

// Where a value is: `a.b[0]`, `a["x/y"]`, `$label.app`. Never empty once parsed; the first step is
// always a key.
//
// Readers of fields walk the steps; only when that finds nothing they try the literal key made of
// all leading keys joined with dots ("a.b"), as ECS and OpenTelemetry write it.
struct Path {
  std::vector<NameStep> steps;
  bool reserved = false;  // written with a `$`: what the agent knows, not a field of the record

  bool operator==(const Path&) const = default;
};

// Bytes of one name, and no more than that many steps.
inline constexpr std::size_t kMaxNameBytes = 1024;
inline constexpr std::size_t kMaxNameSteps = 32;

// The one spelling of a path: the name in a FieldPlan. Keys that look like names follow a dot, all
// others stand as ["key"] with JSON escapes: a["b"][0]["x/y"] is `a.b[0]["x/y"]`.
std::string canonical_name(const Path& path);
// The same without the `$`: what Partition::attribute() is asked for.
std::string attribute_name(const Path& path);

// A name as users write it: bare keys of letters, digits, `_`, `-` and `@` (a key that a name
// begins with does not start with a digit or `-`), bytes above 127, [N] and ["key"].
Result<Path> parse_name(std::string_view text);
// The same with the place of the mistake.
Compiled<Path> compile_name(std::string_view text);

// The steps of a FieldPlan's name. Text that is not a name is one key, so that a column with an odd
// name stays readable.
Path split_path(std::string_view canonical);

// The last part, as a label would be called: `$k8s.namespace` -> `namespace`, `tags[0]` ->
// `tags_0`. Not yet made legal.
std::string last_part(const Path& path);

// Reads a name from the front of `text` and says how many bytes it took. Problems have offsets from
// the front of `text`; `taken` is then where reading stopped.
Compiled<Path> scan_name(std::string_view text, std::size_t& taken);
bool starts_name(char c) noexcept;

}  // namespace pipeline
