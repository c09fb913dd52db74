#include "pipeline/config/source_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace pipeline {

SourceText::SourceText(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(static_cast<std::uint32_t>(i + 1));
  }
}

std::string_view SourceText::line(std::uint32_t number) const noexcept {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t begin = starts_[number - 1];
  std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  if (end > begin && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(begin, end - begin);
}

Location Location::of(SourceRef source, std::size_t begin, std::size_t end) {
  if (!source) return {};
  const std::string_view text = source->text();
  begin = std::min(begin, text.size());
  end = std::clamp(end, begin, text.size());
  const auto& starts = source->starts_;
  const auto next = std::upper_bound(starts.begin(), starts.end(), begin);
  const auto number = static_cast<std::uint32_t>(next - starts.begin());
  const std::string_view line = source->line(number);
  const std::size_t in_line = std::min(begin - starts[number - 1], line.size());
  const std::size_t bytes = std::min(end - begin, line.size() - in_line);
  Location where;
  where.line = number;
  where.column = static_cast<std::uint32_t>(code_points(line.substr(0, in_line)) + 1);
  where.length = static_cast<std::uint32_t>(code_points(line.substr(in_line, bytes)));
  where.source = std::move(source);
  return where;
}

std::string Location::text() const {
  return source ? fmt::format("{}:{}:{}", source->name(), line, column) : std::string();
}

std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace pipeline
