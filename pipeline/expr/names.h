#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/expr/path.h"

namespace pipeline {

// Where the value of a name comes from. The one place that decides it.
enum class NameKind : std::uint8_t {
  field,      // of the record: a planned column
  body,       // `$body`: the line
  time,       // `$time`
  tenant,     // `$tenant`
  signal,     // `$signal`: the same for every record of a batch
  source,     // `$source`
  host,       // `$host.name`
  label,      // `$label.NAME`
  metadata,   // `$meta.NAME`
  row,        // a reserved column: `$stream`, `$error`, `$severity`
  attribute,  // an attribute of the partition (`$file.path`); else a reserved column of that name
};

struct Name {
  NameKind kind = NameKind::field;
  std::string text;  // canonical, with its `$`
  std::string key;   // of labels and metadata: NAME; of attributes: the name without `$`
  Path path;

  bool operator==(const Name& other) const { return text == other.text; }
};

// A name that refers to something. The errors are those of compile_name(), and `$label` without a
// NAME.
Compiled<Name> compile_reference(std::string_view text);
Compiled<Name> resolve(Path path);

// Present and not empty in every record, whatever the source: `$host.name`, `$source`, `$signal`,
// `$time`.
bool is_always_present(const Name& name) noexcept;

// The `$` names that sources and the engine share, for "did you mean". Plugins add others.
std::span<const std::string_view> common_names() noexcept;

// What `$host.name` is where nobody says otherwise.
const std::string& machine_host_name();

}  // namespace pipeline
