#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pipeline/config/decode.h"
#include "pipeline/config/decode_compound.h"
#include "pipeline/config/range.h"
#include "pipeline/config/schema_view.h"

namespace pipeline {

// Given to cross-field checks, which run when every option of the map could be decoded.
class Checker {
 public:
  Checker(const SchemaView& schema, const Node& node, DecodeContext& context);

  // E0110, at the named option ("batch.bytes" reaches into groups) or, when the user did not write
  // it, at the component. `message` is a whole sentence without full stop.
  Diagnostics::Entry& error(std::string_view option, std::string message);
  Diagnostics::Entry& warning(std::string_view code, std::string_view option, std::string message);

  // The user wrote it.
  bool is_set(std::string_view option) const;
  Location where(std::string_view option) const;
  // With ${NAME} replaced by placeholders the values mean nothing.
  bool is_static() const { return context_.substitution().static_mode(); }
  bool ok() const noexcept { return ok_; }

 private:
  const Node* find(std::string_view option) const;

  const SchemaView& schema_;
  const Node& node_;
  DecodeContext& context_;
  bool ok_ = true;
};

namespace detail {

// Walks a component's map: unknown options, missing ones, the short form. Calls `decode_field` with
// the index of the option and its value. False when anything was reported as an error.
bool decode_options(const SchemaView& schema, const Node& node, DecodeContext& context,
                    const std::function<bool(std::size_t, const Node&)>& decode_field);

}  // namespace detail

// The options of a plugin, or of a group of options: declared once, read by the decoder and by
// everything that documents them. `S{}` holds the defaults.
template <class S>
class Schema {
 public:
  Schema() : Schema("", "") {}
  explicit Schema(std::string name, std::string summary = {})
      : view_(std::make_shared<SchemaView>()) {
    view_->name = std::move(name);
    view_->summary = std::move(summary);
  }

  template <class T>
  Schema& field(std::string name, T S::* member, std::string help, Rule rule = {}) {
    OptionInfo option;
    option.name = std::move(name);
    option.help = std::move(help);
    option.type = Decode<T>::describe();
    option.rule = std::move(rule);
    option.default_text = !option.rule.default_text.empty() ? option.rule.default_text
                          : option.rule.required            ? std::string()
                                                            : print_value(S{}.*member);
    view_->options.push_back(std::move(option));
    fields_.push_back([member](const Node& node, S& out, const Rule& of, DecodeContext& context) {
      T value = out.*member;
      if (!Decode<T>::decode(node, value, context)) return false;
      if (!in_range(value, of, node, context)) return false;
      out.*member = std::move(value);
      return true;
    });
    return *this;
  }

  // `- drop: 'EXPR'` instead of `- drop: {condition: 'EXPR'}`. REQUIRES: such a field. If its type
  // takes a map with the user's keys, the whole map may be given as well: the long form is then the
  // map that has this option's name as a key and otherwise only options.
  Schema& main_option(std::string name) {
    view_->main_option = std::move(name);
    return *this;
  }

  Schema& check(void (*rule)(const S&, Checker&)) {
    checks_.push_back(rule);
    return *this;
  }

  // Reads a map, the main option alone, or nothing (all defaults) into `out`, which comes with its
  // defaults. Reports every problem; false when there was an error.
  bool decode(const Node& node, S& out, DecodeContext& context) const {
    const SchemaView& view = *view_;
    bool ok = detail::decode_options(view, node, context, [&](std::size_t i, const Node& value) {
      return fields_[i](value, out, view.options[i].rule, context);
    });
    if (!ok) return false;
    for (const auto rule : checks_) {
      Checker checker(view, node, context);
      rule(out, checker);
      ok = ok && checker.ok();
    }
    return ok;
  }

  const std::string& name() const noexcept { return view_->name; }
  std::shared_ptr<const SchemaView> view() const noexcept { return view_; }

 private:
  using Field = std::function<bool(const Node&, S&, const Rule&, DecodeContext&)>;

  std::shared_ptr<SchemaView> view_;
  std::vector<Field> fields_;
  std::vector<void (*)(const S&, Checker&)> checks_;
};

// A struct is a group of options when `describe_options(Schema<S>&)` stands in its namespace.
template <class S>
concept OptionGroup =
    std::is_class_v<S> && requires(Schema<S>& schema) { describe_options(schema); };

// The schema of a group; built at its first use.
template <OptionGroup S>
const Schema<S>& schema_of() {
  static const Schema<S> schema = [] {
    Schema<S> made;
    describe_options(made);
    return made;
  }();
  return schema;
}

template <OptionGroup S>
struct Decode<S> {
  static bool decode(const Node& node, S& out, DecodeContext& context) {
    return schema_of<S>().decode(node, out, context);
  }
  static TypeInfo describe() {
    const auto view = schema_of<S>().view();
    return {.name = "group", .json = json_schema(*view), .nested = view};
  }
};

}  // namespace pipeline
