#include "pipeline/topology/read_transforms.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/config/nearest.h"
#include "pipeline/expr/decode.h"
#include "pipeline/topology/component_text.h"
#include "pipeline/topology/usage_places.h"

namespace pipeline {
namespace {

constexpr std::string_view kUse = "use";

// What others call what a transform does here.
struct ForeignTransform {
  std::string_view word;
  std::string_view hint;
};
constexpr ForeignTransform kForeignTransforms[] = {
    {"match", "every transform takes `when:`, and `to:` takes edges {to: NAME, when: EXPR}"},
    {"route", "routing is at the end: `to: [{to: NAME, when: EXPR}, {to: OTHER, else: true}]`"},
    {"filter", "write `- keep: 'EXPR'` or `- drop: 'EXPR'`"},
    {"remap", "there is no VRL here: see set, remove, rename, labels"},
    {"output", "write `- set: {$body: \"{msg}\"}`"},
    {"template", "write `- set: {field: \"{a} {b}\"}`"},
    {"tenant", "write `- set: {$tenant: ...}`, or `tenant:` on the sink"},
    {"pack", "write `- encode: json`"},
    {"static_labels", "write `- labels: {env: prod}`"},
    {"labeldrop", "write `- remove: [$label.NAME]`"},
    {"throttle", "write `- limit: 1000/s`"},
    {"ratelimit", "write `- limit: 1000/s`"},
    {"attributes", "write `- set: {a: ...}` or `- remove: [a]`"},
    {"parse_json", "write `- json`"},
    {"batch", "sinks batch by themselves: `batch: {bytes, age}` of the sink"},
};

// The short form of a main option that is a map of the user's own keys: `labels: {app: x}`.
bool is_short_map(const Node& options, const SchemaView& schema) {
  if (!options.is_mapping() || schema.main_option.empty()) return false;
  const OptionInfo* main = schema.find(schema.main_option);
  return main != nullptr && main->type.takes_map && options.find(schema.main_option) == nullptr;
}

}  // namespace

bool is_component_name(std::string_view name) noexcept {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::ranges::all_of(
      name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

bool read_condition(const Node& node, DecodeContext& context, std::optional<Condition>& when,
                    std::vector<Usage::Name>& reads) {
  Condition condition;
  if (!Decode<Condition>::decode(node, condition, context)) return false;
  for (const Mention& mention : condition.mentions())
    reads.push_back({mention.name, locate(node, mention.offset, mention.length)});
  when = std::move(condition);
  return true;
}

TransformReader::TransformReader(const Registry& registry, DecodeContext& context,
                                 const Node* groups)
    : registry_(registry), context_(context), groups_(groups) {}

void TransformReader::read_groups() {
  if (groups_ == nullptr || !groups_->is_mapping()) return;
  for (const Node::Entry& entry : groups_->entries) {
    if (!is_component_name(entry.key))
      context_.diagnostics()
          .error("E0211", entry.key_where,
                 fmt::format("'{}' cannot be the name of a group", entry.key))
          .hint("names have letters, digits, `_` and `-`, and begin with a letter or `_`");
    static_cast<void>(group(entry));
  }
}

void TransformReader::warn_of_unused_groups() {
  if (has_unknown_group_) return;  // one of them was meant
  if (groups_ == nullptr || !groups_->is_mapping()) return;
  for (const Node::Entry& entry : groups_->entries) {
    if (read_[entry.key].is_used) continue;
    context_.diagnostics()
        .warning("W-unused", entry.key_where, fmt::format("no pipeline uses group '{}'", entry.key))
        .hint(fmt::format("`- use: {}` in a list of transforms puts it there", entry.key));
  }
}

TransformList TransformReader::read(const Node& list, const std::string& owner) {
  TransformList out;
  if (list.is_null()) return out;
  if (!list.is_sequence()) {
    auto& entry = context_.diagnostics().error(
        "E0212", list.where,
        fmt::format("transforms of {} are a list, not {}", owner, name_of(list.kind)));
    if (list.is_scalar()) {
      entry.hint(fmt::format("write [{}]", list.text));
    } else {
      entry.hint("put `- ` before each transform");
    }
    out.is_complete = false;
    return out;
  }
  for (const Node& item : list.items) read_item(item, owner, out);
  return out;
}

const TransformList* TransformReader::group(const Node::Entry& entry) {
  const auto [at, is_new] = read_.try_emplace(entry.key);
  Group& group = at->second;
  if (is_new) {
    group.is_open = true;
    TransformList list = read(entry.value, fmt::format("group '{}'", entry.key));
    group.list = std::move(list);
    group.is_open = false;
  }
  return group.is_open ? nullptr : &group.list;
}

void TransformReader::read_item(const Node& item, const std::string& owner, TransformList& out) {
  static const Node kNoOptions;
  if (item.is_scalar()) {
    read_plugin(item.text, item.where, kNoOptions, owner, out);
    return;
  }
  if (!item.is_mapping() || item.entries.empty()) {
    context_.diagnostics()
        .error("E0212", item.where,
               fmt::format("a transform of {} is {}", owner, name_of(item.kind)))
        .hint("write `- json`, or with options `- drop: 'EXPR'`, `- timestamp: {field: ts}`");
    out.is_complete = false;
    return;
  }
  const Node::Entry& first = item.entries.front();
  if (item.entries.size() > 1) {
    const Node::Entry* typed = item.entry("type");
    auto& entry = context_.diagnostics().error(
        "E0212", typed != nullptr ? typed->key_where : item.entries[1].key_where,
        fmt::format("an item of {} is one transform, but this one has the keys '{}' and '{}'",
                    owner, first.key, item.entries[1].key));
    if (const Node* type = item.find("type"); type != nullptr && type->is_scalar()) {
      entry.hint(fmt::format("the key is the transform: `- {}: {{...}}`", type->text));
    } else if (registry_.transform(item.entries[1].key) != nullptr) {
      entry.hint(fmt::format("put `- ` before '{}'", item.entries[1].key));
    } else {
      entry.hint(fmt::format("options stand inside: `- {}: {{{}: ...}}`, or two spaces deeper",
                             first.key, item.entries[1].key));
    }
    out.is_complete = false;
    return;
  }
  if (first.key == kUse) {
    expand(first.value, owner, out);
  } else {
    read_plugin(first.key, first.key_where, first.value, owner, out);
  }
}

void TransformReader::expand(const Node& name, const std::string& owner, TransformList& out) {
  const auto fail = [&](std::string_view code, std::string message) -> Diagnostic& {
    out.is_complete = false;
    return context_.diagnostics().error(code, name.where, std::move(message));
  };
  if (!name.is_scalar()) {
    fail("E0212", "`use` takes the name of a group").hint("groups have no options: `- use: NAME`");
    return;
  }
  const Node::Entry* entry =
      groups_ != nullptr && groups_->is_mapping() ? groups_->entry(name.text) : nullptr;
  if (entry == nullptr) {
    std::vector<std::string> known;
    if (groups_ != nullptr)
      for (const Node::Entry& each : groups_->entries) known.push_back(each.key);
    has_unknown_group_ = true;
    auto& error = fail("E0201", fmt::format("there is no group '{}'", name.text));
    if (const auto near = nearest(name.text, known)) {
      error.hint(did_you_mean(*near));
    } else if (known.empty()) {
      error.hint(fmt::format("groups stand at the top: `groups: {{{}: [...]}}`", name.text));
    } else {
      error.hint("groups here: " + one_of_text(known));
    }
    return;
  }
  const TransformList* list = group(*entry);
  if (list == nullptr) {
    fail("E0217", fmt::format("{} uses group '{}', which contains it", owner, name.text))
        .note(entry->key_where, "the group begins here")
        .hint("a group cannot contain itself");
    return;
  }
  read_[entry->key].is_used = true;
  out.items.insert(out.items.end(), list->items.begin(), list->items.end());
  out.is_complete = out.is_complete && list->is_complete;
}

void TransformReader::unknown_type(const std::string& type, const Location& where,
                                   const std::string& owner) {
  auto& entry = context_.diagnostics().error(
      "E0202", where, fmt::format("there is no transform '{}' (in {})", type, owner));
  for (const ForeignTransform& foreign : kForeignTransforms)
    if (foreign.word == type) {
      entry.hint(std::string(foreign.hint));
      return;
    }
  std::vector<std::string> known{std::string(kUse)};
  for (const auto& plugin : registry_.transforms()) known.push_back(plugin->name);
  if (const auto near = nearest(type, known)) {
    entry.hint(did_you_mean(*near));
  } else if (type == "when" || type == "name") {
    entry.hint(fmt::format("`{}` stands inside a transform: `- sample: {{ratio: 10%, {}: ...}}`",
                           type, type));
  } else if (registry_.sink(type) != nullptr) {
    entry.hint(fmt::format("'{}' is a type of sink: sinks stand in `to:`", type));
  } else if (registry_.source(type) != nullptr) {
    entry.hint(fmt::format("'{}' is a type of source: sources stand in `from:`", type));
  } else {
    entry.hint("`sluice plugins` lists them");
  }
}

bool TransformReader::read_common(const Node& options, const SchemaView& schema,
                                  TransformItem& item) {
  bool ok = true;
  if (const Node* when = options.find("when")) {
    const auto scope = context_.option("when", options.entry("when")->key_where);
    ok = read_condition(*when, context_, item.transform.when, item.notes.when_reads);
  }
  const Node* name = options.find("name");
  if (name == nullptr) return ok;
  if (!name->is_scalar() || !is_component_name(name->text)) {
    auto& error =
        context_.diagnostics().error("E0211", name->where,
                                     fmt::format("'{}' cannot be the name of a transform",
                                                 name->is_scalar() ? name->text : "this"));
    if (is_short_map(options, schema)) {
      error.hint(fmt::format(
          "`name` is what the transform is called; a key of that name is written `{}: {{{}: "
          "{{name: ...}}}}`",
          schema.name, schema.main_option));
    } else {
      error.hint("names have letters, digits, `_` and `-`, and begin with a letter or `_`");
    }
    return false;
  }
  if (is_short_map(options, schema)) {
    context_.diagnostics()
        .warning(
            "W-name", options.entry("name")->key_where,
            fmt::format("'name' is what this transform is called: `{}` gets no key of that name",
                        schema.name))
        .hint(fmt::format("for the key, write `{}: {{{}: {{name: ...}}}}`", schema.name,
                          schema.main_option));
  }
  item.name = name->text;
  item.is_named = true;
  return ok;
}

void TransformReader::read_plugin(const std::string& type, const Location& where,
                                  const Node& options, const std::string& owner,
                                  TransformList& out) {
  if (type == kUse) {
    context_.diagnostics()
        .error("E0212", where, "`use` needs the name of a group")
        .hint("write `- use: NAME`");
    out.is_complete = false;
    return;
  }
  const Registry::TransformPlugin* plugin = registry_.transform(type);
  if (plugin == nullptr) {
    out.is_complete = false;
    unknown_type(type, where, owner);
    return;
  }
  TransformItem item;
  item.name = type;
  item.notes.where = where;
  item.notes.has_variables = has_variables(options);
  const auto scope = context_.component(fmt::format("transform '{}' of {}", type, owner),
                                        {"when", "name"}, where, type);
  const bool is_common_fine = read_common(options, *plugin->schema, item);
  item.transform.plugin = plugin;
  item.transform.config = plugin->decode(options, context_);
  if (!is_common_fine || item.transform.config == nullptr) {
    out.is_complete = false;
    return;
  }
  plugin->describe(item.transform.config, item.notes.usage);
  fill_places(item.notes.usage, options, where);
  item.canonical = type + component_text(options, *plugin->schema, context_.substitution());
  out.items.push_back(std::move(item));
}

}  // namespace pipeline
