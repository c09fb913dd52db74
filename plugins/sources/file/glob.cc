#include "plugins/sources/file/glob.h"

#include <fmt/core.h>

#include <optional>
#include <span>
#include <utility>

namespace plugins::sources::file {
namespace {

using pipeline::Errc;
using pipeline::failure;
using pipeline::Result;

// More alternatives than anybody writes by hand; each costs a walk of its own.
constexpr std::size_t kMostAlternatives = 256;

// The end of the bracket expression that begins at `at`, one past ']'; npos when it is not closed.
std::size_t bracket_end(std::string_view pattern, std::size_t at) {
  std::size_t i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;  // a ']' that comes first is itself
  while (i < pattern.size() && pattern[i] != ']') ++i;
  return i < pattern.size() ? i + 1 : std::string_view::npos;
}

bool in_bracket(std::string_view expression, char c) {
  std::string_view set = expression.substr(1, expression.size() - 2);
  bool is_negated = false;
  if (!set.empty() && (set[0] == '!' || set[0] == '^')) {
    is_negated = true;
    set.remove_prefix(1);
  }
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (set[i] <= c && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || set[i] == c;
    }
  }
  return found != is_negated;
}

// Matches one element of `pattern` at `p` against `c` and moves `p` behind it.
bool matches_one(std::string_view pattern, std::size_t& p, char c) {
  switch (pattern[p]) {
    case '?': ++p; return true;
    case '[':
      if (const std::size_t end = bracket_end(pattern, p); end != std::string_view::npos) {
        const bool fits = in_bracket(pattern.substr(p, end - p), c);
        p = end;
        return fits;
      }
      break;
    case '\\':
      if (p + 1 < pattern.size()) ++p;
      break;
    default: break;
  }
  return pattern[p++] == c;
}

bool matches_name(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;  // behind the latest '*'
  std::size_t star_name = 0;                  // what that '*' has eaten up to
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_name = n;
      continue;
    }
    if (p < pattern.size() && matches_one(pattern, p, name[n])) {
      ++n;
      continue;
    }
    if (star == std::string_view::npos) return false;
    p = star;
    n = ++star_name;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// Steps of `path`, without empty ones.
std::vector<std::string_view> steps_of(std::string_view path) {
  std::vector<std::string_view> steps;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view step = path.substr(0, slash);
    if (!step.empty() && step != ".") steps.push_back(step);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return steps;
}

bool matches_steps(std::span<const GlobSegment> pattern, std::span<const std::string_view> steps) {
  if (pattern.empty()) return steps.empty();
  if (pattern[0].kind == GlobSegment::Kind::any_depth) {
    for (std::size_t skip = 0; skip <= steps.size(); ++skip)
      if (matches_steps(pattern.subspan(1), steps.subspan(skip))) return true;
    return false;
  }
  return !steps.empty() && matches_segment(pattern[0], steps[0]) &&
         matches_steps(pattern.subspan(1), steps.subspan(1));
}

// Finds the first outermost {...}; false when there is none.
struct Braces {
  std::size_t open = 0;
  std::size_t close = 0;
  std::vector<std::string_view> choices;
};
Result<std::optional<Braces>> find_braces(std::string_view pattern) {
  std::size_t depth = 0;
  std::size_t choice = 0;
  Braces braces;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '{') {
      if (depth++ == 0) {
        braces.open = i;
        choice = i + 1;
      }
    } else if (depth > 0 && (c == '}' || (c == ',' && depth == 1))) {
      if (c == '}' && --depth > 0) continue;
      braces.choices.push_back(pattern.substr(choice, i - choice));
      choice = i + 1;
      if (depth == 0) {
        braces.close = i;
        return std::optional<Braces>(std::move(braces));
      }
    }
  }
  if (depth > 0) return failure(Errc::invalid_data, "'{' without '}'");
  return std::optional<Braces>{};
}

Result<> expand(std::string_view pattern, std::vector<std::string>& into) {
  Result<std::optional<Braces>> braces = find_braces(pattern);
  if (!braces) return std::unexpected(braces.error());
  if (!*braces) {
    if (into.size() == kMostAlternatives)
      return failure(Errc::invalid_data, fmt::format("more than {} alternatives", kMostAlternatives));
    into.emplace_back(pattern);
    return {};
  }
  for (const std::string_view choice : (*braces)->choices) {
    std::string one(pattern.substr(0, (*braces)->open));
    one += choice;
    one += pattern.substr((*braces)->close + 1);
    if (Result<> rest = expand(one, into); !rest) return rest;
  }
  return {};
}

Result<GlobSegment> segment_of(std::string_view text) {
  if (text == "**") return GlobSegment{GlobSegment::Kind::any_depth, "**"};
  if (text == "..") return failure(Errc::invalid_data, "'..' cannot be part of a pattern");
  if (text.find("**") != std::string_view::npos)
    return failure(Errc::invalid_data, "'**' must stand alone between slashes");
  GlobSegment segment;
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[' && bracket_end(text, i) == std::string_view::npos)
      return failure(Errc::invalid_data, "'[' without ']'");
    if (c == '*' || c == '?' || c == '[') segment.kind = GlobSegment::Kind::wild;
    if (c == '\\' && i + 1 < text.size()) ++i;
    plain.push_back(text[i]);
  }
  segment.text = segment.kind == GlobSegment::Kind::literal ? plain : std::string(text);
  return segment;
}

}  // namespace

bool matches_segment(const GlobSegment& segment, std::string_view name) {
  return segment.kind == GlobSegment::Kind::literal ? segment.text == name
                                                    : matches_name(segment.text, name);
}

Result<Glob> Glob::parse(std::string_view pattern) {
  std::vector<std::string> expanded;
  Result<> outcome = expand(pattern, expanded);
  Glob glob;
  for (const std::string& one : expanded) {
    std::vector<GlobSegment> segments;
    for (const std::string_view step : steps_of(one)) {
      Result<GlobSegment> segment = segment_of(step);
      if (!segment) {
        outcome = std::unexpected(segment.error());
        break;
      }
      segments.push_back(std::move(*segment));
    }
    if (outcome && segments.empty()) outcome = failure(Errc::invalid_data, "names no file");
    if (outcome && one.ends_with('/')) outcome = failure(Errc::invalid_data, "names a directory");
    glob.alternatives_.push_back(std::move(segments));
  }
  if (!outcome) return std::unexpected(std::move(outcome.error()).during(fmt::format("pattern '{}'", pattern)));
  return glob;
}

bool Glob::matches(std::string_view path) const {
  const std::vector<std::string_view> steps = steps_of(path);
  for (const std::vector<GlobSegment>& alternative : alternatives_)
    if (matches_steps(alternative, steps)) return true;
  return false;
}

Result<PathFilter> PathFilter::make(const std::vector<std::string>& include,
                                    const std::vector<std::string>& exclude,
                                    const std::string& working_directory) {
  const auto absolute = [&](const std::string& pattern) {
    return pattern.starts_with('/') ? pattern : working_directory + "/" + pattern;
  };
  PathFilter filter;
  for (const std::string& pattern : include) {
    Result<Glob> glob = Glob::parse(absolute(pattern));
    if (!glob) return std::unexpected(glob.error());
    filter.include_.push_back(std::move(*glob));
  }
  for (const std::string& pattern : exclude) {
    const bool is_name = pattern.find('/') == std::string::npos;
    Result<Glob> glob = Glob::parse(is_name ? pattern : absolute(pattern));
    if (!glob) return std::unexpected(glob.error());
    (is_name ? filter.exclude_names_ : filter.exclude_).push_back(std::move(*glob));
  }
  return filter;
}

bool PathFilter::includes(std::string_view path) const {
  for (const Glob& glob : include_)
    if (glob.matches(path)) return !excludes(path);
  return false;
}

bool PathFilter::excludes(std::string_view path) const {
  for (const Glob& glob : exclude_)
    if (glob.matches(path)) return true;
  if (exclude_names_.empty()) return false;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (const Glob& glob : exclude_names_)
    if (glob.matches(name)) return true;
  return false;
}

}  // namespace plugins::sources::file
