#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pipeline {

// A text that configuration came from: a file, or one `--set` argument. Immutable, so that any
// thread may read it; shared by every location in it.
class SourceText {
 public:
  // `name` is what a user calls it: the path as given, or "--set". A byte-order mark is cut off.
  SourceText(std::string name, std::string text);

  const std::string& name() const noexcept { return name_; }
  std::string_view text() const noexcept { return text_; }
  std::uint32_t line_count() const noexcept { return static_cast<std::uint32_t>(starts_.size()); }
  // The line of that number (from 1) without its end ("\n" or "\r\n"); "" beyond the last one.
  std::string_view line(std::uint32_t number) const noexcept;

 private:
  friend struct Location;
  std::string name_;
  std::string text_;
  std::vector<std::uint32_t> starts_;  // byte offset of each line
};

using SourceRef = std::shared_ptr<const SourceText>;

// A range on one line of a source. Lines and columns count from 1; column and length are in code
// points, as an editor shows them. A range of several lines is cut at the end of its first one.
struct Location {
  SourceRef source;  // null: nowhere
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 0;

  // From byte offsets. Offsets beyond the text are moved to its end.
  static Location of(SourceRef source, std::size_t begin, std::size_t end);

  explicit operator bool() const noexcept { return source != nullptr; }
  // "sluice.yaml:3:9"; "" when nowhere.
  std::string text() const;
};

// Code points of UTF-8 text; a malformed byte counts as one.
std::size_t code_points(std::string_view text) noexcept;

}  // namespace pipeline
