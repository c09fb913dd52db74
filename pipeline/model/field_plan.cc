#include "pipeline/model/field_plan.h"

namespace pipeline {

FieldSlot FieldPlan::find(std::string_view name) const noexcept {
  for (FieldSlot slot = 0; slot < fields_.size(); ++slot)
    if (fields_[slot].name == name) return slot;
  return kNoField;
}

FieldSlot FieldPlan::slot(std::string_view name) {
  const FieldSlot known = find(name);
  if (known != kNoField) return known;
  fields_.push_back({std::string(name), false});
  return static_cast<FieldSlot>(fields_.size() - 1);
}

FieldSlot FieldPlan::read(std::string_view name) {
  const FieldSlot found = slot(name);
  fields_[found].read = true;
  return found;
}

FieldSlot FieldPlan::write(std::string_view name) { return slot(name); }

}  // namespace pipeline
