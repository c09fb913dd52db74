#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

// The three fields of a line that the measured pipeline needs, as they stand in it.
struct LineFields {
  std::string_view time;  // between its quotes
  std::string_view level;
  std::string_view service;
};

struct FieldNames {
  std::string time = "ts";
  std::string level = "level";
  std::string service = "service";
};

// Two ways to find them; the faster one is the limit.
class LineParser {
 public:
  virtual ~LineParser() = default;
  // False for a line that is no JSON object or lacks a field. REQUIRES: 64 readable bytes behind.
  virtual bool parse(std::string_view line, LineFields& out) = 0;
};

// simdjson's On-Demand: raw tokens in one pass.
std::unique_ptr<LineParser> on_demand_parser(FieldNames names);
// A scan of our own that looks at keys and skips values, up to the last field that is wanted.
std::unique_ptr<LineParser> scanning_parser(FieldNames names);

// RFC 3339 with any fraction and Z, in Unix nanoseconds. False when it is anything else.
bool parse_rfc3339(std::string_view text, std::int64_t& nanos);

// UTF-8 as a whole; what On-Demand checks by itself.
bool is_valid_utf8(std::string_view text);

}  // namespace bench
