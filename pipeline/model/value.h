#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pipeline {

enum class ValueType : std::uint8_t {
  missing,  // the record does not have it
  null,     // JSON null
  string,   // unescaped text
  number,   // text() is the number as it was written
  boolean,  // text() is "true" or "false"
  json,     // text() is a JSON object or array as it was written
};

// One field of one record: a typed view of text that the batch's chunks or arena own.
class Value {
 public:
  constexpr Value() = default;
  constexpr Value(ValueType type, std::string_view text)
      : data_(text.data()), size_(static_cast<std::uint32_t>(text.size())), type_(type) {}
  static constexpr Value string(std::string_view text) { return {ValueType::string, text}; }
  static constexpr Value number(std::string_view text) { return {ValueType::number, text}; }

  constexpr ValueType type() const noexcept { return type_; }
  constexpr bool is_missing() const noexcept { return type_ == ValueType::missing; }
  // Missing and null have no text that labels, templates or comparisons could use.
  constexpr bool has_text() const noexcept { return type_ > ValueType::null; }
  constexpr std::string_view text() const noexcept { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::uint32_t size_ = 0;
  ValueType type_ = ValueType::missing;
};
static_assert(sizeof(Value) == 16);

// One value per row of a batch, or empty: missing in every row.
using Column = std::vector<Value>;

}  // namespace pipeline
