#pragma once

#include <string>

#include "pipeline/config/schema_view.h"

namespace pipeline {

// Options as plain text for a terminal: name, type, default, and the help below, groups indented.
std::string option_text(const SchemaView& schema);

// `text` broken at spaces so that lines have at most `width` columns, each after `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 96);

}  // namespace pipeline
