#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.h"

namespace plugins::sources::file {

// One step of a path pattern.
struct GlobSegment {
  enum class Kind : std::uint8_t {
    literal,    // compares as it is
    wild,       // has *, ? or [...]
    any_depth,  // "**": any number of directories, also none
  };
  Kind kind = Kind::literal;
  std::string text;
};

// A path pattern: `*` and `?` within one name, `[a-z]` and `[!a-z]`, `**` for any number of
// directories, `{a,b}` for alternatives, `\` before a character that shall mean itself. Names that
// start with a dot are names like any other. Immutable; any thread.
class Glob {
 public:
  // `pattern` is absolute: relative ones are resolved by the caller.
  static pipeline::Result<Glob> parse(std::string_view pattern);

  bool matches(std::string_view path) const;

  // The pattern with its braces expanded, each as the steps below "/".
  const std::vector<std::vector<GlobSegment>>& alternatives() const noexcept {
    return alternatives_;
  }

 private:
  std::vector<std::vector<GlobSegment>> alternatives_;
};

// Whether one name (without '/') fits one step of a pattern that is not "**".
bool matches_segment(const GlobSegment& segment, std::string_view name);

// What a source reads: any of `include` and none of `exclude`. An exclude without '/' is compared
// with the last part of the path alone.
class PathFilter {
 public:
  static pipeline::Result<PathFilter> make(const std::vector<std::string>& include,
                                           const std::vector<std::string>& exclude,
                                           const std::string& working_directory);

  bool includes(std::string_view path) const;
  bool excludes(std::string_view path) const;
  const std::vector<Glob>& patterns() const noexcept { return include_; }

 private:
  std::vector<Glob> include_;
  std::vector<Glob> exclude_;
  std::vector<Glob> exclude_names_;
};

}  // namespace plugins::sources::file
