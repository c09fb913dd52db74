#pragma once

#include <string_view>
#include <vector>

namespace pipeline {

// A member of an object, or an element of an array, as it was written.
struct JsonPart {
  std::string_view key;    // between its quotes, still escaped; empty in an array
  std::string_view value;  // the whole value, quotes and brackets included
};

// Takes the outermost object or array of `text` apart, without looking into what is below. False,
// and no parts, when it is not one with correct structure, or when something follows it. Equal keys
// are all there. Any thread; allocates only when `parts` grows.
bool split_json(std::string_view text, std::vector<JsonPart>& parts);

}  // namespace pipeline
