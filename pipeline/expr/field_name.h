#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "pipeline/expr/names.h"
#include "pipeline/expr/value_reader.h"

namespace pipeline {

// The value of an option that names a field or a `$` name: `field: ts`, `key: trace_id`.
class FieldName {
 public:
  FieldName() = default;  // names nothing
  explicit FieldName(Name name) : name_(std::move(name)) {}

  static Compiled<FieldName> compile(std::string_view text);

  bool empty() const noexcept { return name_.text.empty(); }
  // Canonical: the name in a FieldPlan.
  const std::string& name() const noexcept { return name_.text; }
  const Name& reference() const noexcept { return name_; }
  const Path& path() const noexcept { return name_.path; }
  NameKind kind() const noexcept { return name_.kind; }
  // A reader of its values, still to be bound.
  ValueReader reader() const { return ValueReader(name_); }

  bool operator==(const FieldName& other) const { return name_ == other.name_; }

 private:
  Name name_;
};

}  // namespace pipeline
