#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/source_text.h"
#include "pipeline/expr/text.h"
#include "pipeline/model/labels.h"

namespace pipeline {

// The value of an option that sets labels: a map label -> text (`{env: prod, app: "{app}"}`), or a
// list of names whose labels are their last parts made legal (`[level, $k8s.namespace]`).
//
// A label whose text is missing or empty is not set.
class LabelSpec {
 public:
  struct Entry {
    std::string label;  // legal
    Text text;
    Location where = {};
  };

  LabelSpec() = default;

  // Adds one label; the label's name must be legal and new.
  Compiled<void> add(std::string_view label, Text text, Location where = {});
  // Adds the label of a name. Offsets are those of `name`.
  Compiled<void> add_name(std::string_view name, Location where = {});

  const std::vector<Entry>& entries() const noexcept { return entries_; }
  bool empty() const noexcept { return entries_.empty(); }
  const Entry* find(std::string_view label) const noexcept;

  // A constant text that was probably meant as a name: it equals its own label or one of `fields`
  // (`{level: level}`).
  static bool looks_like_field(const Entry& entry, const std::vector<std::string>& fields = {});

  // `$host.name` becomes constant.
  void fold_host_name(std::string_view host_name);
  // The labels that are the same in every record.
  std::vector<Label> constants() const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace pipeline
