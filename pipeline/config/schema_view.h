#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/decode.h"
#include "pipeline/config/rule.h"

namespace pipeline {

// One option as documents see it.
struct OptionInfo {
  std::string name;
  std::string help;
  TypeInfo type;
  Rule rule;
  std::string default_text;  // "" when there is none to show

  bool is_secret() const noexcept { return type.secret || rule.secret; }
  // "1..10", "at least 1KiB"; "" without bounds.
  std::string range_text() const;
};

// A schema without its C++ type: what the documents, `sluice explain`, editors and the page read.
// Immutable once registered.
struct SchemaView {
  std::string name;     // the plugin's type; "" for a group of options
  std::string summary;  // one sentence
  std::vector<OptionInfo> options;
  std::string main_option;  // may be given alone; "" when there is none

  const OptionInfo* find(std::string_view option) const noexcept;
};

// A Markdown table of every option, groups as `batch.bytes`; "" without options.
std::string markdown_table(const SchemaView& schema);

// A JSON Schema of the map (or, with a main option, of its short form too). `extra_properties` is a
// list of further members such as `"type":{"const":"file"}`, or "".
std::string json_schema(const SchemaView& schema, std::string_view extra_properties = {});

// The same with "$schema" and a title: a whole document.
std::string json_schema_document(const SchemaView& schema, std::string_view title);

// What the schema says of a path inside a component ("auth.bearer", "headers.X-Key", "[0].url");
// null when it knows no such option.
const OptionInfo* find_option(const SchemaView& schema, std::string_view path);

}  // namespace pipeline
