#include "pipeline/config/schema.h"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/config/foreign_words.h"
#include "pipeline/config/nearest.h"

namespace pipeline {
namespace detail {
namespace {

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// `- labels: {svc: "{service}"}`: the map is the main option's own value.
bool is_short_map(const SchemaView& schema, const Node& node,
                  const std::vector<std::string>& reserved) {
  const OptionInfo* main = schema.find(schema.main_option);
  if (main == nullptr || !main->type.takes_map || !node.is_mapping()) return false;
  bool only_options = true;
  for (const Node::Entry& entry : node.entries) {
    only_options =
        only_options && (schema.find(entry.key) != nullptr || contains(reserved, entry.key));
  }
  return !only_options || node.find(schema.main_option) == nullptr;
}

// Returns the option that was most probably meant.
std::optional<std::string> report_unknown(const SchemaView& schema, const Node::Entry& entry,
                                          const std::vector<std::string>& reserved,
                                          DecodeContext& context) {
  const std::string place = context.option_path().empty()
                                ? std::string()
                                : fmt::format(" in '{}'", context.option_path());
  const std::string subject = context.component_subject();
  auto& error = context.diagnostics().error(
      "E0102", entry.key_where,
      fmt::format("unknown option '{}'{}{}", entry.key, place,
                  subject.empty() ? std::string() : (place.empty() ? " for " : " of ") + subject));
  std::vector<std::string> names = reserved;
  for (const OptionInfo& option : schema.options) names.push_back(option.name);
  const auto meant = nearest(entry.key, names);
  const auto foreign = foreign_word_hint(entry.key, KeyPlace::component);
  if (foreign) {
    error.hint(std::string(*foreign));
  } else if (meant) {
    error.hint(did_you_mean(*meant));
  }
  const OptionInfo* option = meant ? schema.find(*meant) : nullptr;
  if ((option != nullptr && option->is_secret()) ||
      entry.key.find("password") != std::string::npos ||
      entry.key.find("token") != std::string::npos ||
      entry.key.find("secret") != std::string::npos) {
    if (entry.value.is_scalar() && !Substitution::is_needed(entry.value.text)) {
      context.diagnostics().mask(entry.value.where);
    }
  }
  if (!foreign && !meant && !context.topic().empty()) {
    error.hint(fmt::format("`sluice explain {}` lists every option", context.topic()));
  }
  return foreign ? std::nullopt : meant;
}

bool decode_one(const SchemaView& schema, std::size_t index, const Node& value,
                const Location& key_where, DecodeContext& context,
                const std::function<bool(std::size_t, const Node&)>& decode_field) {
  const OptionInfo& option = schema.options[index];
  const auto scope = context.option(option.name, key_where, &option.rule);
  if (option.rule.secret && value.is_scalar() && !Substitution::is_needed(value.text)) {
    context.diagnostics().mask(value.where);
  }
  return decode_field(index, value);
}

std::size_t index_of(const SchemaView& schema, std::string_view name) {
  const auto found = std::ranges::find(schema.options, name, &OptionInfo::name);
  return static_cast<std::size_t>(found - schema.options.begin());
}

}  // namespace

bool decode_options(const SchemaView& schema, const Node& node, DecodeContext& context,
                    const std::function<bool(std::size_t, const Node&)>& decode_field) {
  const std::vector<std::string> reserved = context.take_reserved();
  bool ok = true;
  std::vector<bool> given(schema.options.size(), false);
  const bool has_main = !schema.main_option.empty() && schema.find(schema.main_option) != nullptr;

  if (node.is_scalar() || node.is_sequence()) {
    if (!has_main) {
      auto& entry = context.wrong_kind(node, "a map of options");
      if (schema.options.empty()) entry.hint("there are no options");
      return false;
    }
    const std::size_t main = index_of(schema, schema.main_option);
    given[main] = true;
    ok = decode_one(schema, main, node, context.where(), context, decode_field);
  } else if (is_short_map(schema, node, reserved)) {
    const std::size_t main = index_of(schema, schema.main_option);
    given[main] = true;
    Node rest = node;
    std::erase_if(rest.entries,
                  [&](const Node::Entry& entry) { return contains(reserved, entry.key); });
    // `- labels: {when: …}` alone gives no labels at all: the main option is then missing.
    if (rest.entries.empty() && !node.entries.empty()) {
      given[main] = false;
    } else {
      ok = decode_one(schema, main, rest, context.where(), context, decode_field);
    }
  } else {
    for (const Node::Entry& entry : node.entries) {
      if (contains(reserved, entry.key)) continue;
      const std::size_t index = index_of(schema, entry.key);
      if (index == schema.options.size()) {
        if (const auto meant = report_unknown(schema, entry, reserved, context)) {
          // One mistake is one error: the misspelt option is not missing as well.
          if (const std::size_t at = index_of(schema, *meant); at < given.size()) given[at] = true;
        }
        ok = false;
        continue;
      }
      given[index] = true;
      ok = decode_one(schema, index, entry.value, entry.key_where, context, decode_field) && ok;
    }
  }

  for (std::size_t i = 0; i < schema.options.size(); ++i) {
    const OptionInfo& option = schema.options[i];
    if (given[i] || !option.rule.required) continue;
    ok = false;
    const Location& where = context.where() ? context.where() : node.where;
    const std::string name =
        context.option_path().empty() ? option.name : context.option_path() + "." + option.name;
    auto& entry = context.diagnostics().error(
        "E0105", where,
        context.component_subject().empty()
            ? fmt::format("the option '{}' is missing", name)
            : fmt::format("{} needs the option '{}'", context.component_subject(), name));
    if (!option.rule.example.empty())
      entry.hint(fmt::format("for example {}: {}", option.name, option.rule.example));
  }
  return ok;
}

}  // namespace detail

const OptionInfo* SchemaView::find(std::string_view option) const noexcept {
  const auto found = std::ranges::find(options, option, &OptionInfo::name);
  return found == options.end() ? nullptr : &*found;
}

Checker::Checker(const SchemaView& schema, const Node& node, DecodeContext& context)
    : schema_(schema), node_(node), context_(context) {}

const Node* Checker::find(std::string_view option) const {
  if (const Node* value = find_path(node_, option)) return value;
  const bool alone = node_.is_scalar() || node_.is_sequence();
  return alone && option == schema_.main_option ? &node_ : nullptr;
}

bool Checker::is_set(std::string_view option) const { return find(option) != nullptr; }

Location Checker::where(std::string_view option) const {
  const Node* value = find(option);
  if (value != nullptr) return value->where;
  return context_.where() ? context_.where() : node_.where;
}

Diagnostics::Entry& Checker::error(std::string_view option, std::string message) {
  ok_ = false;
  return context_.diagnostics().error("E0110", where(option), std::move(message));
}

Diagnostics::Entry& Checker::warning(std::string_view code, std::string_view option,
                                     std::string message) {
  return context_.diagnostics().warning(code, where(option), std::move(message));
}

}  // namespace pipeline
