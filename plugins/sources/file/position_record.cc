#include "plugins/sources/file/position_record.h"

#include <fmt/format.h>

#include <charconv>
#include <concepts>
#include <iterator>

namespace plugins::sources::file {
namespace {

// The first word of a value. Another layout gets another number.
constexpr std::string_view kVersion = "1";

std::string_view take_word(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

template <std::integral T>
bool take(std::string_view& text, T& into, char separator = ' ', int base = 10) {
  const std::string_view word = take_word(text, separator);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into, base);
  return error == std::errc{} && end == word.data() + word.size();
}

bool take_digest(std::string_view& text, Digest& into) {
  return take(text, into.length, ':') && take(text, into.hash, ' ', 16);
}

}  // namespace

std::string position_key(std::uint64_t device, std::uint64_t inode, std::uint64_t identity) {
  return fmt::format("{:x}:{:x}:{:x}", device, inode, identity);
}

std::string encode_position(const PositionRecord& record) {
  std::string text;
  const Mark& mark = record.acked;
  fmt::format_to(std::back_inserter(text), "{} {} {} {}:{:x} {}:{:x} {} {} {} {} ", kVersion,
                 mark.offset, static_cast<unsigned>(mark.resume), mark.before.length,
                 mark.before.hash, record.head.length, record.head.hash, mark.tie.last,
                 mark.tie.count, record.modified_ns, record.saved_s);
  if (record.anchors.empty()) text += '-';
  for (const Anchor& anchor : record.anchors)
    fmt::format_to(std::back_inserter(text), "{}{}:{}:{}", &anchor == record.anchors.data() ? "" : ",",
                   anchor.offset, anchor.first_read_ns, anchor.until);
  text += ' ';
  text += record.path;
  return text;
}

std::optional<PositionRecord> decode_position(std::string_view key, std::string_view value) {
  PositionRecord record;
  Mark& mark = record.acked;
  unsigned resume = 0;
  if (!take(key, record.device, ':', 16) || !take(key, record.inode, ':', 16) ||
      !take(key, record.identity, ':', 16) || take_word(value, ' ') != kVersion ||
      !take(value, mark.offset) || !take(value, resume) || resume > 2 ||
      !take_digest(value, mark.before) || !take_digest(value, record.head) ||
      !take(value, mark.tie.last) || !take(value, mark.tie.count) ||
      !take(value, record.modified_ns) || !take(value, record.saved_s))
    return std::nullopt;
  mark.resume = static_cast<Resume>(resume);
  std::string_view anchors = take_word(value, ' ');
  if (anchors.empty()) return std::nullopt;
  if (anchors == "-") anchors = {};
  while (!anchors.empty()) {
    std::string_view one = take_word(anchors, ',');
    Anchor anchor;
    if (!take(one, anchor.offset, ':') || !take(one, anchor.first_read_ns, ':') ||
        !take(one, anchor.until, ':'))
      return std::nullopt;
    record.anchors.push_back(anchor);
  }
  record.path = value;
  return record;
}

}  // namespace plugins::sources::file
