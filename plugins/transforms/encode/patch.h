#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pipeline/expr/path.h"
#include "pipeline/model/value.h"

namespace plugins::transforms::encode {

// A value as JSON: strings quoted, everything else as it was written.
void append_json_value(std::string& out, const pipeline::Value& value);

// Appends `json` with the value at `steps` replaced, added, or (missing) taken out. What cannot
// hold it (a scalar where an object should be) is replaced by an object. False, and nothing
// appended, when an array would need a new element.
bool append_patched(std::string& out, std::string_view json,
                    std::span<const pipeline::NameStep> steps, const pipeline::Value& value);

}  // namespace plugins::transforms::encode
