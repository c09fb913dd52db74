#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pipeline/base/clock.h"
#include "pipeline/model/value.h"

namespace pipeline {

// How the value of one name is laid out in one batch, whatever its signal. Expressions loop over
// these and know nothing else about batches. Valid until the batch changes that column.
struct ColumnView {
  enum class Layout : std::uint8_t {
    absent,      // missing in every row
    values,      // values[row]
    texts,       // texts[row]; data() == nullptr, or empty where empty_is_missing: missing
    dictionary,  // values[index[row]]
    ranges,      // the same value in every row of a range, or values[row] within it
    times,       // times[row]
  };
  // Ascending, covering all rows.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    Value constant;                 // of all rows, unless:
    const Value* values = nullptr;  // indexed by row, not from the range's begin
  };

  Layout layout = Layout::absent;
  const Value* values = nullptr;
  const std::string_view* texts = nullptr;
  const std::uint32_t* index = nullptr;
  const UnixNanos* times = nullptr;
  std::span<const Range> ranges;
  bool empty_is_missing = false;

  Value text_at(std::size_t row) const noexcept {
    const std::string_view text = texts[row];
    if (text.data() == nullptr || (empty_is_missing && text.empty())) return {};
    return Value::string(text);
  }
};

}  // namespace pipeline
