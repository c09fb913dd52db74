#include "pipeline/config/effective.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "pipeline/config/json_text.h"

namespace pipeline {
namespace {

bool is_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool looks_secret(std::string_view key) {
  for (const std::string_view word :
       {"password", "token", "secret", "bearer", "api_key", "authorization"}) {
    if (key.find(word) != std::string_view::npos && !key.ends_with("_file")) return true;
  }
  return false;
}

// https://user:password@host becomes https://<secret>@host.
std::string without_userinfo(std::string text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(text.find_first_of("/?# ", begin), text.size());
  const std::size_t at = std::string_view(text).substr(0, end).rfind('@');
  if (at == std::string::npos || at < begin) return text;
  return text.replace(begin, at - begin, "<secret>");
}

class Printer {
 public:
  Printer(Substitution& substitution, const SchemaAt& schema_at)
      : substitution_(substitution), schema_at_(schema_at) {}

  std::string print(const Node& root) {
    mapping(root, nullptr, nullptr, "", 0);
    return std::move(out_);
  }

 private:
  static std::string origin(const Location& where) {
    if (!where) return "?";
    if (where.source->name() == "--set") return "--set";
    return fmt::format("{}:{}", where.source->name(), where.line);
  }

  // The value and where it comes from.
  std::pair<std::string, std::string> scalar(const Node& node, const OptionInfo* option,
                                             bool hide) {
    if (node.is_null()) return {"null", origin(node.where)};
    const bool secret = hide || (option != nullptr && option->is_secret());
    std::string from = origin(node.where);
    std::string text = node.text;
    if (Substitution::is_needed(text) && (option == nullptr || option->type.substitutes)) {
      if (secret && Substitution::file_reference(text)) {
        return {"<secret>", fmt::format("{} ({})", text.substr(2, text.size() - 3), from)};
      }
      Diagnostics ignored;
      if (const auto used = substitution_.apply(node, ignored)) {
        text = used->has_placeholder ? node.text : used->text;
        for (auto name = used->names.rbegin(); name != used->names.rend(); ++name) {
          const bool file = name->starts_with("file:");
          from = fmt::format("{}{}{}", file ? "" : "env ", *name,
                             name == used->names.rbegin() ? " (" + from + ")" : ", " + from);
        }
      }
    }
    if (secret) return {"<secret>", from};
    return {yaml_scalar(without_userinfo(std::move(text))), from};
  }

  void line(std::size_t indent, std::string_view key, std::string_view value,
            std::string_view from) {
    std::string text = dash_ ? std::string(indent - 2, ' ') + "- " : std::string(indent, ' ');
    dash_ = false;
    text += key;
    if (!value.empty()) text += fmt::format("{}{}", key.empty() ? "" : " ", value);
    if (!from.empty()) text += fmt::format("  # {}", from);
    out_ += text + '\n';
  }

  void value(const Node& node, const SchemaView* schema, const OptionInfo* option,
             const std::string& path, std::string_view key, bool hide, std::size_t indent) {
    const std::string label = key.empty() ? std::string() : yaml_scalar(key) + ":";
    if (const SchemaView* known = schema_at_ ? schema_at_(path) : nullptr) schema = known;
    const OptionInfo* main =
        option == nullptr && schema != nullptr ? schema->find(schema->main_option) : option;
    if (node.is_mapping() && (!node.entries.empty() || schema != nullptr)) {
      if (!label.empty()) line(indent, label, "", "");
      const std::size_t before = out_.size();
      mapping(node, schema, option, path, label.empty() ? indent : indent + 2);
      if (out_.size() == before) {
        // Nothing in it and no defaults to show.
        if (!label.empty()) {
          out_.pop_back();
          out_ += " {}\n";
        } else {
          line(indent, "", "{}", origin(node.where));
        }
      }
    } else if (node.is_sequence() && std::ranges::all_of(node.items, &Node::is_scalar)) {
      std::string list;
      std::string last = node.items.empty() ? origin(node.where) : std::string();
      std::string origins;
      for (const Node& item : node.items) {
        auto [text, from] = scalar(item, main, hide);
        if (!item.is_null() && text.find_first_of(",[]{}") != std::string::npos &&
            !text.starts_with('"') && !text.starts_with('\'')) {
          text = "'" + text + "'";
        }
        list += (list.empty() ? "" : ", ") + text;
        if (from != last) origins += (origins.empty() ? "" : ", ") + from;
        last = from;
      }
      line(indent, label, "[" + list + "]", origins.empty() ? last : origins);
    } else if (node.is_sequence()) {
      if (!label.empty()) line(indent, label, "", "");
      const std::size_t inner = label.empty() ? indent + 2 : indent + 4;
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        dash_ = true;
        value(node.items[i], schema, option, fmt::format("{}[{}]", path, i), "", hide, inner);
        dash_ = false;
      }
    } else if (node.is_mapping()) {
      line(indent, label, "{}", origin(node.where));
    } else {
      const auto [text, from] = scalar(node, main, hide);
      line(indent, label, node.is_null() && !label.empty() ? "" : text, from);
    }
  }

  void mapping(const Node& node, const SchemaView* schema, const OptionInfo* option,
               const std::string& path, std::size_t indent) {
    const bool user_keys = option != nullptr && option->type.takes_map;
    for (const Node::Entry& entry : node.entries) {
      const bool odd = entry.key.find_first_of(".[\"") != std::string::npos;
      const std::string step = odd ? fmt::format("[\"{}\"]", entry.key) : entry.key;
      const std::string inner_path = path.empty() ? step : odd ? path + step : path + "." + step;
      const OptionInfo* inner = user_keys           ? option
                                : schema != nullptr ? schema->find(entry.key)
                                                    : nullptr;
      const SchemaView* nested = inner != nullptr ? inner->type.nested.get() : nullptr;
      if (nested != nullptr && user_keys) inner = nullptr;
      value(entry.value, nested, inner, inner_path, entry.key,
            inner == nullptr && looks_secret(entry.key), indent);
    }
    if (schema == nullptr || user_keys) return;
    const OptionInfo* main = schema->find(schema->main_option);
    const bool short_map =
        main != nullptr && main->type.takes_map && node.find(main->name) == nullptr;
    if (short_map && !node.entries.empty()) return;
    defaults(node, *schema, indent);
  }

  void defaults(const Node& node, const SchemaView& schema, std::size_t indent) {
    for (const OptionInfo& option : schema.options) {
      if (node.find(option.name) != nullptr || option.rule.required || option.is_secret()) continue;
      if (option.type.nested != nullptr && option.type.name == "group") {
        const bool shown =
            std::ranges::any_of(option.type.nested->options, [](const OptionInfo& inner) {
              return !inner.default_text.empty() && !inner.is_secret();
            });
        if (!shown) continue;
        line(indent, option.name + ":", "", "");
        defaults(Node{}, *option.type.nested, indent + 2);
      } else if (!option.default_text.empty()) {
        const bool list =
            option.default_text.starts_with('[') || option.default_text.starts_with('{');
        line(indent, option.name + ":",
             list ? option.default_text : yaml_scalar(option.default_text), "default");
      }
    }
  }

  Substitution& substitution_;
  const SchemaAt& schema_at_;
  std::string out_;
  bool dash_ = false;  // the next line begins a list entry
};

}  // namespace

std::string yaml_scalar(std::string_view text) {
  if (text.empty()) return "\"\"";
  const bool special = std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (special) return json_string(text);  // JSON's escapes are YAML's
  bool plain =
      is_word(text.front()) || text.front() == '/' || text.front() == '.' || text.front() == '$';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool colon = c == ':' && i + 1 < text.size() && text[i + 1] != ' ';
    plain = plain &&
            (is_word(c) || colon || std::string_view("/.+%@-=$").find(c) != std::string_view::npos);
  }
  if (plain && text != "null" && text != "Null" && text != "NULL" && text != "---" && text != "...")
    return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string print_effective(const Node& root, Substitution& substitution,
                            const SchemaAt& schema_at) {
  return Printer(substitution, schema_at).print(root);
}

}  // namespace pipeline
