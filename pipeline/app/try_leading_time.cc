#include <algorithm>
#include <array>

#include "pipeline/app/try_detect.h"
#include "pipeline/codec/time_parse.h"

namespace pipeline {
namespace {

// A time that lines begin with: so many words of it, written so.
struct LeadingTime {
  std::size_t words;
  TimeGuess guess;
};

constexpr auto kLeadingTimes = std::to_array<LeadingTime>({
    {1, {"rfc3339", "2026-01-02T03:04:05.678Z"}},
    {2, {"rfc3339", "2026-01-02 03:04:05.678"}},
    {3, {"%Y-%m-%d %H:%M:%E*S %Z", "2026-01-02 03:04:05.678 UTC"}},
    {5, {"%a %b %e %H:%M:%S %Y", "Sun Dec 04 04:47:44 2005"}},
    {3, {"%b %e %H:%M:%S", "Jan  2 03:04:05"}},
    {2, {"%d/%b/%Y:%H:%M:%S %z", "02/Jan/2026:03:04:05 +0000"}},
    {2, {"%Y/%m/%d %H:%M:%E*S", "2026/01/02 03:04:05"}},
    {2, {"%y/%m/%d %H:%M:%S", "26/01/02 03:04:05"}},
    {2, {"%y%m%d %H%M%S", "260102 030405"}},
    {1, {"unix", "1767323045.678"}},
});

// How far into a line its time may begin: behind an address, a file's name or a bracket.
constexpr std::size_t kMaxWordsBefore = 4;
// Lines that are looked at, and the share of them that must have the time.
constexpr std::size_t kMaxLines = 200;
constexpr std::size_t kMostPercent = 80;

// `count` words of `text`, several spaces between them included.
std::string_view first_words(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < count; ++i) {
    end = text.find_first_not_of(' ', end);
    if (end == std::string_view::npos) return {};
    end = std::min(text.find(' ', end), text.size());
  }
  return text.substr(0, end);
}

bool has_time(std::string_view line, const LeadingTime& leading, const TimeFormat& format,
              UnixNanos now) {
  // Any number reads as seconds: ten digits, at the very beginning, or it is something else.
  const bool is_unix = leading.guess.format == "unix";
  for (std::size_t skipped = 0; skipped <= (is_unix ? 0 : kMaxWordsBefore); ++skipped) {
    std::string_view words = line;
    words.remove_prefix(std::min(words.find_first_not_of("[(<"), words.size()));
    words = first_words(words, leading.words);
    while (!words.empty() && std::string_view("])>:,;|").find(words.back()) != words.npos)
      words.remove_suffix(1);
    if (is_unix && std::min(words.find('.'), words.size()) != 10) return false;
    if (!words.empty() && format.parse(words, now)) return true;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return false;
    line.remove_prefix(std::min(line.find_first_not_of(' ', space), line.size()));
  }
  return false;
}

}  // namespace

TimeGuess detect_leading_time(std::span<const std::string_view> lines, UnixNanos now,
                              std::size_t& count) {
  lines = lines.first(std::min(lines.size(), kMaxLines));
  for (const LeadingTime& leading : kLeadingTimes) {
    const Result<TimeFormat> format = TimeFormat::compile(leading.guess.format);
    if (!format) continue;
    count = static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](std::string_view line) { return has_time(line, leading, *format, now); }));
    if (count * 100 >= lines.size() * kMostPercent && count > 0) return leading.guess;
  }
  count = 0;
  return {};
}

}  // namespace pipeline
