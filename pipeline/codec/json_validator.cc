#include "pipeline/codec/json_validator.h"

#include <simdjson.h>

#include <cstring>
#include <memory>

#include "pipeline/model/chunk.h"

namespace pipeline {

static_assert(kPadding >= simdjson::SIMDJSON_PADDING,
              "lines in chunks and arenas may be given to simdjson as they are");

struct JsonValidator::Impl {
  simdjson::dom::parser parser;
  std::unique_ptr<char[]> copy;
  std::size_t capacity = 0;
};

JsonValidator::JsonValidator() : impl_(std::make_unique<Impl>()) {}
JsonValidator::~JsonValidator() = default;
JsonValidator::JsonValidator(JsonValidator&&) noexcept = default;
JsonValidator& JsonValidator::operator=(JsonValidator&&) noexcept = default;

bool JsonValidator::is_valid_object(std::string_view text) {
  if (text.empty()) return false;
  if (impl_->capacity < text.size()) {
    impl_->capacity = text.size() * 2;
    impl_->copy = std::make_unique<char[]>(impl_->capacity + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(impl_->copy.get(), text.data(), text.size());
  std::memset(impl_->copy.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  simdjson::dom::element root;
  if (impl_->parser.parse(impl_->copy.get(), text.size(), false).get(root) != simdjson::SUCCESS) {
    return false;
  }
  return root.is_object();
}

}  // namespace pipeline
