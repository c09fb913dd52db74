#include "pipeline/app/option_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/config/source_text.h"

namespace pipeline {
namespace {

// "pass | drop", "duration, at least 1s", "list of text, or one alone".
std::string type_text(const OptionInfo& option) {
  std::string text = option.type.name;
  const auto& words = option.type.values.empty() ? option.rule.one_of : option.type.values;
  if (!words.empty()) {
    const std::string list = fmt::format("{}", fmt::join(words, " | "));
    const std::size_t at = text.find("enum");
    text = at == std::string::npos ? text + ": " + list : text.replace(at, 4, list);
  }
  if (const std::string range = option.range_text(); !range.empty()) text += ", " + range;
  if (option.rule.single_or_list) text += ", or one alone";
  return text;
}

std::size_t name_width(const SchemaView& schema) {
  std::size_t width = 0;
  for (const OptionInfo& option : schema.options) width = std::max(width, option.name.size());
  return width;
}

void append_options(std::string& out, const SchemaView& schema, std::size_t indent) {
  const std::size_t width = name_width(schema);
  for (const OptionInfo& option : schema.options) {
    std::string line =
        fmt::format("{:{}}{:<{}}  {}", "", indent, option.name, width, type_text(option));
    if (option.rule.required) line += "  (required)";
    if (!option.default_text.empty()) line += "  (default " + option.default_text + ")";
    std::string help = option.help;
    if (option.is_secret()) help += " Never printed.";
    if (option.name == schema.main_option) help += " May be given alone.";
    out += line + '\n' + wrapped(help, indent + width + 2);
    if (option.type.nested != nullptr) append_options(out, *option.type.nested, indent + width + 2);
  }
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += std::string(indent, ' ') + line + '\n';
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t space = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, space);
    const bool ends_line = space < text.size() && text[space] == '\n';
    if (!line.empty() && indent + code_points(line) + 1 + code_points(word) > width) flush();
    if (!line.empty() && !word.empty()) line += ' ';
    line += word;
    if (ends_line) flush();
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  flush();
  return out;
}

std::string option_text(const SchemaView& schema) {
  std::string out;
  append_options(out, schema, 2);
  return out;
}

}  // namespace pipeline
