#include <string>
#include <string_view>

#include <fmt/format.h>

#include "pipeline/config/json_text.h"
#include "pipeline/config/node.h"
#include "pipeline/config/schema_view.h"

// What is generated from a schema.
namespace pipeline {
namespace {

std::string escaped_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string type_text(const OptionInfo& option) {
  std::string text = option.type.name;
  const auto& words = option.type.values.empty() ? option.rule.one_of : option.type.values;
  if (!words.empty()) {
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "`" : ", `") + word + "`";
    const std::size_t at = text.find("enum");
    text = at == std::string::npos ? text + ": " + list : text.replace(at, 4, list);
  }
  if (const std::string range = option.range_text(); !range.empty()) text += ", " + range;
  if (option.rule.single_or_list) text += ", or one alone";
  return text;
}

void append_rows(std::string& out, const SchemaView& schema, const std::string& prefix) {
  for (const OptionInfo& option : schema.options) {
    const bool group = option.type.nested != nullptr;
    const std::string fallback = option.rule.required ? "**required**"
                                 : option.default_text.empty()
                                     ? ""
                                     : "`" + escaped_cell(option.default_text) + "`";
    std::string help = option.help;
    if (option.is_secret()) help += " Never printed.";
    if (option.name == schema.main_option && prefix.empty()) help += " May be given alone.";
    out += fmt::format("| `{}{}` | {} | {} | {} |\n", prefix, option.name,
                       escaped_cell(type_text(option)), fallback, escaped_cell(help));
    if (group) {
      const bool list = option.type.name.starts_with("list of");
      append_rows(out, *option.type.nested,
                  prefix + option.name +
                      (list                    ? "[]."
                       : option.type.takes_map ? ".NAME."
                                               : "."));
    }
  }
}

// Puts what the rule says into the type's fragment, as a second schema that must hold too.
std::string option_json(const OptionInfo& option) {
  std::string out = R"({"description":)" + json_string(option.help);
  if (!option.default_text.empty() && !option.is_secret()) {
    out += R"(,"default":)" + json_string(option.default_text);
  }
  if (!option.rule.example.empty())
    out += R"(,"examples":[)" + json_string(option.rule.example) + "]";
  if (option.is_secret()) out += R"(,"writeOnly":true)";
  std::string extra;
  const std::string& name = option.type.name;
  if (name == "integer" || name == "number") {
    if (option.rule.min) extra += fmt::format(R"(,"minimum":{})", option.rule.min->text);
    if (option.rule.max) extra += fmt::format(R"(,"maximum":{})", option.rule.max->text);
  }
  if (!option.rule.one_of.empty() && name == "text") {
    extra += R"(,"anyOf":[)" + json_enum(option.rule.one_of) + "]";
  }
  const std::string& type = option.type.json;
  std::string fragment = type;
  if (option.rule.single_or_list) {
    // {"type":"array","items":X}: X alone is fine as well.
    static constexpr std::string_view kItems = R"("items":)";
    const std::size_t at = type.find(kItems);
    if (at != std::string::npos) {
      const std::string item =
          type.substr(at + kItems.size(), type.size() - at - kItems.size() - 1);
      fragment = R"({"anyOf":[)" + type + "," + item + "]}";
    }
  }
  return out + extra + R"(,"allOf":[)" + fragment + "]}";
}

}  // namespace

std::string OptionInfo::range_text() const {
  if (rule.min && rule.max) return fmt::format("{} to {}", rule.min->text, rule.max->text);
  if (rule.min) return fmt::format("at least {}", rule.min->text);
  if (rule.max) return fmt::format("at most {}", rule.max->text);
  return {};
}

std::string markdown_table(const SchemaView& schema) {
  if (schema.options.empty()) return {};
  std::string out = "| Option | Type | Default | |\n|---|---|---|---|\n";
  append_rows(out, schema, "");
  return out;
}

std::string json_schema(const SchemaView& schema, std::string_view extra_properties) {
  std::string properties(extra_properties);
  std::string required;
  for (const OptionInfo& option : schema.options) {
    if (!properties.empty()) properties += ',';
    properties += json_string(option.name) + ":" + option_json(option);
    if (option.rule.required) required += (required.empty() ? "" : ",") + json_string(option.name);
  }
  std::string object =
      R"({"type":"object","properties":{)" + properties + R"(},"additionalProperties":false)";
  if (!required.empty()) object += R"(,"required":[)" + required + "]";
  object += '}';
  const OptionInfo* main = schema.find(schema.main_option);
  if (main == nullptr) {
    // A group whose options all have defaults may be left empty.
    return required.empty() && extra_properties.empty()
               ? R"({"anyOf":[)" + object + R"(,{"type":"null"}]})"
               : object;
  }
  std::string forms = object + "," + option_json(*main);
  if (required.empty()) forms += R"(,{"type":"null"})";
  return R"({"anyOf":[)" + forms + "]}";
}

std::string json_schema_document(const SchemaView& schema, std::string_view title) {
  return R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":)" +
         json_string(title) + R"(,"description":)" + json_string(schema.summary) + R"(,"allOf":[)" +
         json_schema(schema) + "]}";
}

const OptionInfo* find_option(const SchemaView& schema, std::string_view path) {
  const auto steps = parse_path(path);
  const SchemaView* view = &schema;
  const OptionInfo* option = nullptr;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].index) continue;  // into a list of groups: the same options
    if (option != nullptr && option->type.takes_map) {
      // The user's key: what follows are options of the element, if it is a group.
      if (option->type.nested == nullptr) return option;
      view = option->type.nested.get();
      option = i + 1 == steps.size() ? option : nullptr;
      continue;
    }
    if (option != nullptr) {
      if (option->type.nested == nullptr) return nullptr;
      view = option->type.nested.get();
    }
    option = view->find(steps[i].key);
    if (option == nullptr) return nullptr;
  }
  return option;
}

}  // namespace pipeline
