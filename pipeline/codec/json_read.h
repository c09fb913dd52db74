#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pipeline {

// Walks a whole JSON document in order (RFC 8259), for small bodies whose shape is known: a pushed
// request, an answer of a receiver. Lines of logs are JsonExtractor's.
//
//   reader.begin_object();
//   while (reader.next_member()) if (reader.key() == "a") reader.string(a); else reader.skip();
//
// After anything malformed failed() is true and every call returns false. Nesting is bounded.
class JsonReader {
 public:
  static constexpr int kDepthMax = 64;

  explicit JsonReader(std::string_view document) : text_(document) {}

  bool begin_object();
  // True when key() is set and its value is next; false at the end of the object.
  bool next_member();
  const std::string& key() const noexcept { return key_; }
  bool begin_array();
  // True when a value is next; false at the end of the array.
  bool next_element();

  // The value that is next. Lone surrogates become U+FFFD.
  bool string(std::string& out);
  // A number, true, false or null as it was written.
  bool scalar(std::string_view& out);
  bool skip();

  // Nothing but white space is left, and nothing was wrong.
  bool at_end();
  bool failed() const noexcept { return failed_; }
  std::size_t offset() const noexcept { return at_; }

 private:
  bool fail() noexcept {
    failed_ = true;
    return false;
  }
  void skip_space() noexcept;
  bool take(char c) noexcept;
  bool escape(std::string& out);
  bool hex4(unsigned& out);
  bool next(char close);

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool is_first_ = false;  // no comma before the next member or element
  bool failed_ = false;
  std::string key_;
};

}  // namespace pipeline
