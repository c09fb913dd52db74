#include "plugins/transforms/encode/patch.h"

#include <vector>

#include "pipeline/codec/json.h"
#include "pipeline/codec/json_split.h"
#include "pipeline/codec/json_write.h"
#include "pipeline/model/arena.h"

namespace plugins::transforms::encode {

using pipeline::append_json_string;
using pipeline::Arena;
using pipeline::json_unescape;
using pipeline::JsonPart;
using pipeline::NameStep;
using pipeline::split_json;
using pipeline::Value;
using pipeline::ValueType;

void append_json_value(std::string& out, const Value& value) {
  if (value.type() == ValueType::string) {
    append_json_string(out, value.text());
  } else {
    out += value.has_text() ? value.text() : std::string_view("null");
  }
}

namespace {

bool append_child(std::string& out, std::string_view json, std::span<const NameStep> steps,
                  const Value& value) {
  if (steps.empty()) {
    append_json_value(out, value);
    return true;
  }
  return append_patched(out, json, steps, value);
}

bool append_array(std::string& out, const std::vector<JsonPart>& parts,
                  std::span<const NameStep> steps, const Value& value) {
  if (steps[0].index >= parts.size()) return false;
  out += '[';
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += ',';
    if (i != steps[0].index) {
      out += parts[i].value;
    } else if (value.is_missing() && steps.size() == 1) {
      out += "null";  // the elements behind keep their places
    } else if (!append_child(out, parts[i].value, steps.subspan(1), value)) {
      return false;
    }
  }
  out += ']';
  return true;
}

bool append_object(std::string& out, const std::vector<JsonPart>& parts,
                   std::span<const NameStep> steps, const Value& value) {
  Arena arena;
  bool found = false;
  bool first = true;
  out += '{';
  for (const JsonPart& part : parts) {
    const bool here = json_unescape(part.key, arena) == steps[0].key;
    // Equal keys behind the first are no field; they go, lest they show what was taken out.
    if (here && (found || (value.is_missing() && steps.size() == 1))) {
      found = true;
      continue;
    }
    if (!first) out += ',';
    first = false;
    out += '"';
    out += part.key;
    out += "\":";
    if (!here) {
      out += part.value;
      continue;
    }
    found = true;
    if (!append_child(out, part.value, steps.subspan(1), value)) return false;
  }
  if (!found && !value.is_missing()) {
    if (!first) out += ',';
    append_json_string(out, steps[0].key);
    out += ':';
    if (!append_child(out, "{}", steps.subspan(1), value)) return false;
  }
  out += '}';
  return true;
}

}  // namespace

bool append_patched(std::string& out, std::string_view json, std::span<const NameStep> steps,
                    const Value& value) {
  const std::size_t before = out.size();
  std::vector<JsonPart> parts;
  const bool split = split_json(json, parts);
  const bool is_object = split && json.front() == '{';
  bool done = false;
  if (value.is_missing() && steps[0].is_index &&
      (!split || is_object || steps[0].index >= parts.size())) {
    out += json;  // there is nothing of that place to take out
    return true;
  }
  if (steps[0].is_index) {
    done = split && !is_object && append_array(out, parts, steps, value);
  } else if (!split || !is_object) {
    if (value.is_missing()) {  // there is nothing of that name to take out
      out += json;
      return true;
    }
    parts.clear();
    done = append_object(out, parts, steps, value);
  } else {
    done = append_object(out, parts, steps, value);
  }
  if (!done) out.resize(before);
  return done;
}

}  // namespace plugins::transforms::encode
