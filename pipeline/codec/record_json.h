#pragma once

#include <string>
#include <string_view>

#include "pipeline/model/log_batch.h"

namespace pipeline {

// One record as a JSON object in one line, without the newline:
//
//   {"time":"...","labels":{...},"metadata":{...},"fields":{...},"line":"..."}
//
// `metadata` is left out where a record has none, `tenant` is there where it has one. `fields`
// names the planned columns to write, and unplanned ones follow; without a plan there is no
// `fields`. What starts with `$` is the agent's and no field.
void append_record_json(std::string& out, const LogBatch& batch, std::size_t row,
                        const FieldPlan* fields = nullptr);

}  // namespace pipeline
