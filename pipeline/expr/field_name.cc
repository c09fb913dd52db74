#include "pipeline/expr/field_name.h"

namespace pipeline {

Compiled<FieldName> FieldName::compile(std::string_view text) {
  auto name = compile_reference(text);
  if (name) return FieldName(std::move(*name));
  // A text's spelling where a bare name belongs.
  if (text.size() > 2 && text.front() == '{' && text.back() == '}') {
    for (Problem& problem : name.error()) {
      problem.hint =
          "names stand without braces here: " + std::string(text.substr(1, text.size() - 2));
    }
  }
  return std::unexpected(std::move(name.error()));
}

}  // namespace pipeline
