#pragma once

#include <memory>
#include <string_view>

namespace pipeline {

// Whether a text is valid JSON and UTF-8, as simdjson judges it. One thread at a time; keeps its
// memory from text to text.
class JsonValidator {
 public:
  JsonValidator();
  ~JsonValidator();
  JsonValidator(JsonValidator&&) noexcept;
  JsonValidator& operator=(JsonValidator&&) noexcept;

  // `text` needs no padding: it is copied, since it may lie anywhere.
  bool is_valid_object(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pipeline
