#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace pipeline {

// What `sluice explain CODE` prints. Codes are stable: they are never reused for something else.
// E01xx: syntax, options, values, environment, secrets. E02xx: wiring. E03xx: expressions and
// templates. W-…: warnings.
struct CodeInfo {
  std::string_view code;
  std::string_view title;        // one line, no full stop
  std::string_view explanation;  // what it means and why it is an error
  std::string_view wrong;        // YAML that gets it
  std::string_view right;        // the same, mended
};

// Null when there is no such code.
const CodeInfo* find_code(std::string_view code);
// Every row, in the order of the codes, warnings last.
std::vector<const CodeInfo*> all_codes();

// The catalogue's parts, one file each.
std::span<const CodeInfo> option_codes();      // E01xx
std::span<const CodeInfo> wiring_codes();      // E02xx
std::span<const CodeInfo> expression_codes();  // E03xx
std::span<const CodeInfo> warning_codes();     // W-…

}  // namespace pipeline
