#include "plugins/sinks/file/path.h"

#include <algorithm>

namespace plugins::sinks::file {

using pipeline::Text;

namespace {

// Bytes of a component: file systems take 255, and a rotated file's name gets a time at its end.
constexpr std::size_t kComponentMax = 200;
// What stands for a value that a record lacks.
constexpr std::string_view kMissing = "_missing";

// The parts of a path text between slashes that are not within braces.
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if ((c == '{' || c == '}') && depth == 0 && i + 1 < path.size() && path[i + 1] == c) {
      parts.back().append(2, c);
      ++i;
      continue;
    }
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    if (c == '/' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// Appends a component that leads nowhere else.
void append_safe(std::string& out, std::string_view component) {
  const std::size_t at = out.size();
  for (const char c : component.substr(0, kComponentMax)) out.push_back(is_safe(c) ? c : '_');
  if (std::all_of(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(),
                  [](char c) { return c == '.'; })) {
    out.resize(at);
    out += component.empty() ? "_" : std::string(component.substr(0, kComponentMax).size(), '_');
  }
}

}  // namespace

std::expected<PathTemplate, std::string> PathTemplate::make(const Text& path,
                                                            std::string_view suffix) {
  PathTemplate made;
  made.suffix_ = suffix;
  const std::string& source = path.source();
  if (source.empty() || source.back() == '/')
    return std::unexpected("a path ends with a file's name");
  std::vector<std::string> parts = split(source);
  std::vector<Text> texts;
  for (const std::string& part : parts) {
    auto text = Text::compile(part);
    if (!text) return std::unexpected("a name in braces cannot reach over a `/`");
    texts.push_back(std::move(*text));
  }
  const auto first_name =
      std::find_if(texts.begin(), texts.end(), [](const Text& t) { return !t.is_constant(); });
  // The root is all of the directories before the first name.
  const auto root_size =
      std::min<std::ptrdiff_t>(first_name - texts.begin(), std::ssize(texts) - 1);
  for (std::ptrdiff_t i = 0; i < root_size; ++i) {
    if (i > 0) made.root_ += '/';
    made.root_ += texts[static_cast<std::size_t>(i)].constant();
  }
  if (root_size == 0) {
    if (first_name != texts.end())
      return std::unexpected("a path with names needs a fixed directory before the first one");
    made.root_ = ".";
  }
  if (root_size > 0 && made.root_.empty() && first_name != texts.end())
    return std::unexpected("a path with names needs a fixed directory before the first one");
  if (first_name == texts.end()) {
    made.constant_ = texts.back().constant();
    if (!made.constant_.ends_with(suffix)) made.constant_ += suffix;
    return made;
  }
  for (std::size_t i = static_cast<std::size_t>(root_size); i < texts.size(); ++i) {
    if (texts[i].is_constant()) {
      std::string safe;
      append_safe(safe, texts[i].constant());
      if (safe != texts[i].constant())
        return std::unexpected(
            "behind the first name, a path has letters, digits, `.`, `_` and `-` only");
    }
    made.components_.push_back(std::move(texts[i]));
  }
  return made;
}

void PathTemplate::bind(pipeline::FieldPlan& fields, std::string_view host_name) {
  for (Text& component : components_) component.bind(fields, host_name);
}

void PathTemplate::start(const pipeline::LogBatch& batch) {
  arena_.clear();
  for (Text& component : components_) component.start(batch);
}

void PathTemplate::render(std::size_t row, std::string& out) {
  if (is_constant()) {
    out = constant_;
    return;
  }
  out.clear();
  for (Text& component : components_) {
    if (!out.empty()) out.push_back('/');
    const std::string_view text =
        component.is_constant() ? component.constant() : component.render(row, arena_);
    append_safe(out, text.data() == nullptr ? kMissing : text);
  }
  if (!out.ends_with(suffix_)) out += suffix_;
}

}  // namespace plugins::sinks::file
