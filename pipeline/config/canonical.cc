#include "pipeline/config/canonical.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "pipeline/config/json_text.h"

namespace pipeline {
namespace {

struct Canonical {
  Substitution* substitution;
  std::string out;

  void scalar(const Node& node, const OptionInfo* option) {
    std::string_view text = node.text;
    const bool keep =
        option != nullptr &&
        (!option->type.substitutes ||
         (option->is_secret() && Substitution::file_reference(node.text).has_value()));
    if (substitution == nullptr || keep || !Substitution::is_needed(text)) {
      append_json(out, text);
      return;
    }
    Diagnostics ignored;
    const auto used = substitution->apply(node, ignored);
    append_json(out, used ? std::string_view(used->text) : text);
  }

  void write(const Node& node, const SchemaView* schema, const OptionInfo* option, bool raw) {
    switch (node.kind) {
      case NodeKind::null:
        out += "null";
        return;
      case NodeKind::scalar:
        if (raw)
          append_json(out, node.text);
        else
          scalar(node, option != nullptr ? option : main_of(schema));
        return;
      case NodeKind::sequence: {
        out += '[';
        for (std::size_t i = 0; i < node.items.size(); ++i) {
          if (i > 0) out += ',';
          write(node.items[i], schema, option, raw);
        }
        out += ']';
        return;
      }
      case NodeKind::mapping:
        mapping(node, schema, option, raw);
        return;
    }
  }

  static const OptionInfo* main_of(const SchemaView* schema) {
    return schema != nullptr ? schema->find(schema->main_option) : nullptr;
  }

  void mapping(const Node& node, const SchemaView* schema, const OptionInfo* option, bool raw) {
    std::vector<const Node::Entry*> entries;
    for (const Node::Entry& entry : node.entries) entries.push_back(&entry);
    std::ranges::sort(entries, {},
                      [](const Node::Entry* entry) -> std::string_view { return entry->key; });
    const bool user_keys = option != nullptr && option->type.takes_map;
    out += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Node::Entry& entry = *entries[i];
      if (i > 0) out += ',';
      append_json(out, entry.key);
      out += ':';
      const bool untouched =
          raw || entry.key == "regex" || entry.key == "replacement" || entry.key == "target_label";
      const OptionInfo* inner = user_keys           ? option
                                : schema != nullptr ? schema->find(entry.key)
                                                    : nullptr;
      const SchemaView* nested = inner != nullptr ? inner->type.nested.get() : nullptr;
      // A group inside the user's map: its own options follow.
      write(entry.value, nested, user_keys && nested != nullptr ? nullptr : inner, untouched);
    }
    out += '}';
  }
};

}  // namespace

std::string canonical_text(const Node& node, const SchemaView* schema, Substitution& substitution) {
  Canonical canonical{&substitution, {}};
  canonical.write(node, schema, nullptr, false);
  return std::move(canonical.out);
}

std::string canonical_text(const Node& node) {
  Canonical canonical{nullptr, {}};
  canonical.write(node, nullptr, nullptr, false);
  return std::move(canonical.out);
}

}  // namespace pipeline
