#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// JSON (RFC 8259) to the end of a string. The output is always valid UTF-8: ill-formed input
// becomes U+FFFD. Plain functions and values; any thread.
namespace pipeline {

// With the quotes.
void append_json_string(std::string& out, std::string_view text);
// What belongs between the quotes.
void append_json_escaped(std::string& out, std::string_view text);

void append_json_number(std::string& out, std::int64_t value);
inline void append_json_number(std::string& out, int value) {
  append_json_number(out, std::int64_t{value});
}
void append_json_number(std::string& out, std::uint64_t value);
// The shortest text that reads back as the same double. JSON has no NaN and no infinities: null.
void append_json_number(std::string& out, double value);
inline void append_json_bool(std::string& out, bool value) { out.append(value ? "true" : "false"); }
inline void append_json_null(std::string& out) { out.append("null"); }

// Puts the commas and colons. The caller balances begin and end, and gives every member of an
// object a key first; `out` outlives the writer.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(int value) { return number(std::int64_t{value}); }
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // A value that is JSON already.
  JsonWriter& raw(std::string_view json);

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace pipeline
