#pragma once

#include <string>
#include <string_view>

namespace pipeline {

// Appends `text` as a JSON string with its quotes. Malformed UTF-8 becomes U+FFFD.
void append_json(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

}  // namespace pipeline
