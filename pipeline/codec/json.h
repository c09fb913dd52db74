#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/model/arena.h"
#include "pipeline/model/value.h"

namespace pipeline {

// One step into a JSON value: a key of an object, or an index into an array.
struct JsonStep {
  std::string key;          // unescaped; unused when is_index
  std::uint32_t index = 0;  // from 0
  bool is_index = false;
};
// Never empty; the first step is a key. When walking it finds nothing, the literal key made of all
// leading keys joined with dots ("a.b") is tried at the top, as ECS and OpenTelemetry write it.
using JsonPath = std::vector<JsonStep>;

// How much of a line must be JSON for its fields to be taken.
enum class JsonCheck : std::uint8_t {
  prefix,     // up to the last demanded field
  structure,  // the whole line: members, brackets and strings are in order
  strict,     // the whole line is valid JSON and UTF-8 (RFC 8259), as simdjson judges
};

enum class JsonFault : std::uint8_t {
  none,
  not_object,
  bad_key,
  bad_separator,
  bad_value,
  truncated,
  trailing,
  invalid,  // strict only
};
// "the line is not a JSON object"; static.
std::string_view describe(JsonFault fault) noexcept;

// One member of the line's object.
struct JsonMember {
  std::string_view key;  // unescaped
  Value value;
};

// Takes fields out of lines that are JSON objects.
//
// Of equal keys the first wins. Values are typed views into the line; text with a backslash is
// unescaped into the arena, where a lone surrogate becomes U+FFFD and an escape that JSON does not
// know stays as it is. Numbers keep their text, so that 64-bit ids stay exact. Except in `strict`,
// raw control characters and invalid UTF-8 inside strings are no fault: loggers write them, and a
// line must not lose its fields by one byte.
//
// An own scanner, because it stops at the last demanded field and needs no index of the whole line
// first: json_bench.cc measures it against simdjson, and the tests hold it to simdjson's answers.
//
// One thread at a time. Does not allocate once it has seen a line of the kind, apart from the
// arena.
class JsonExtractor {
 public:
  JsonExtractor(const std::vector<JsonPath>& paths, JsonCheck check);
  ~JsonExtractor();
  JsonExtractor(JsonExtractor&&) noexcept;
  JsonExtractor& operator=(JsonExtractor&&) noexcept;

  // Sets out[i] to the value of paths[i], or to missing; after a fault all are missing.
  // REQUIRES: out.size() is the number of paths. `line` needs no padding.
  JsonFault extract(std::string_view line, std::span<Value> out, Arena& arena);

  // The same, and every member of the line's object in `members` (replaced), in order, equal keys
  // included. Looks at the whole line.
  JsonFault extract_all(std::string_view line, std::span<Value> out,
                        std::vector<JsonMember>& members, Arena& arena);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What stands between the quotes of a JSON string, as text. Returns `raw` itself when nothing is
// escaped.
std::string_view json_unescape(std::string_view raw, Arena& arena);

}  // namespace pipeline
