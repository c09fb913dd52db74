#include "plugins/sources/file/framing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plugins::sources::file {
namespace {

using namespace std::string_literals;

struct Case {
  const char* rule;
  std::string bytes;
  std::vector<std::string> lines;
  std::size_t consumed;
  Resume from = Resume::line;
  Resume to = Resume::line;
  bool is_last = false;
  std::size_t max_line = 1024;
  std::size_t truncated = 0;
  Encoding encoding = Encoding::utf8;
  std::uint64_t nul_bytes = 0;
};

std::string wide(std::string_view text, bool big) {
  std::string out;
  for (const char c : text) {
    if (big) out += '\0';
    out += c;
    if (!big) out += '\0';
  }
  return out;
}

TEST(Framing, TurnsBytesIntoLines) {
  const std::string lines5 = wide("ab\ncd", false);
  const Case cases[] = {
      {"lines end with a newline", "a\nbc\n", {"a", "bc"}, 5},
      {"an incomplete line stays", "a\nbc", {"a"}, 2},
      {"nothing complete, nothing consumed", "abc", {}, 0},
      {"empty lines are lines", "\n\na\n\n", {"", "", "a", ""}, 5},
      {"CRLF is a line end", "a\r\n\r\nb\r\n", {"a", "", "b"}, 8},
      {"a CR inside is text", "a\rb\n", {"a\rb"}, 4},
      {"only one CR belongs to the end", "a\r\r\n", {"a\r"}, 4},
      {"the last line may be complete as it is", "a\nbc", {"a", "bc"}, 4, Resume::line, Resume::line,
       true},
      {"a long line is cut off", "abcdefgh\nx\n", {"abcd", "x"}, 11, Resume::line, Resume::line, false,
       4, 1},
      {"a line that fits exactly is whole, with CR", "abcd\r\nx\n", {"abcd", "x"}, 8, Resume::line,
       Resume::line, false, 4, 0},
      {"a long line without end is cut off and its rest skipped", "abcdefgh", {"abcd"}, 8,
       Resume::line, Resume::skip, false, 4, 1},
      {"the rest of a long line is skipped", "rest\nx\n", {"x"}, 7, Resume::skip, Resume::line},
      {"all is the rest of a long line", "restrest", {}, 8, Resume::skip, Resume::skip},
      {"cutting does not tear characters", "abc\xC3\xA4"s "defg\n", {"abc"}, 10, Resume::line,
       Resume::line, false, 4, 1},
      {"bytes that are no UTF-8 pass", "\xFF\x80\n"s, {"\xFF\x80"}, 3},
      {"a byte order mark is skipped", "\xEF\xBB\xBF"s "a\n", {"a"}, 5, Resume::start},
      {"NULs at the start of the file are skipped", "\0\0\0a\n"s, {"a"}, 5, Resume::start,
       Resume::line, false, 1024, 0, Encoding::utf8, 3},
      {"only NULs so far", "\0\0\0"s, {}, 3, Resume::start, Resume::start, false, 1024, 0,
       Encoding::utf8, 3},
      {"NULs elsewhere pass", "a\0b\n\0\n"s, {"a\0b"s, "\0"s}, 6},
      {"UTF-16LE", "\xFF\xFE"s + wide("ab\r\nc\n", false), {"ab", "c"}, 14, Resume::start, Resume::line,
       false, 1024, 0, Encoding::utf16le},
      {"UTF-16BE", "\xFE\xFF"s + wide("ab\nc\n", true), {"ab", "c"}, 12, Resume::start, Resume::line,
       false, 1024, 0, Encoding::utf16be},
      {"UTF-16 with a character whose half is a newline", "\x0A\x01\x0A\x00"s, {"\xC4\x8A"}, 4,
       Resume::line, Resume::line, false, 1024, 0, Encoding::utf16le},
      {"UTF-16 surrogate pairs and lone ones", "\x3D\xD8\x00\xDE\x3D\xD8\x0A\x00"s,
       {"\xF0\x9F\x98\x80\xEF\xBF\xBD"}, 8, Resume::line, Resume::line, false, 1024, 0,
       Encoding::utf16le},
      {"UTF-16 incomplete", lines5, {"ab"}, 6, Resume::line, Resume::line, false, 1024, 0,
       Encoding::utf16le},
      {"UTF-16 cut off", wide("abcdefgh\n", false), {"ab"}, 18, Resume::line, Resume::line, false, 4, 1,
       Encoding::utf16le},
      {"nothing", "", {}, 0},
      {"nothing at the start", "", {}, 0, Resume::start, Resume::start},
  };
  for (const Case& c : cases) {
    pipeline::LogBatch batch;
    std::vector<std::uint32_t> truncated;
    const Framing framing{c.encoding, c.max_line, 0};
    const Framed framed = frame_lines(c.bytes, c.from, framing, c.is_last, batch, truncated);
    EXPECT_EQ(std::vector<std::string>(batch.body.begin(), batch.body.end()), c.lines) << c.rule;
    EXPECT_EQ(framed.consumed, c.consumed) << c.rule;
    EXPECT_EQ(static_cast<int>(framed.resume), static_cast<int>(c.to)) << c.rule;
    EXPECT_EQ(framed.rows, c.lines.size()) << c.rule;
    EXPECT_EQ(truncated.size(), c.truncated) << c.rule;
    EXPECT_EQ(framed.nul_bytes, c.nul_bytes) << c.rule;
  }
}

TEST(Framing, OffsetsAreThoseOfTheLinesBeginnings) {
  pipeline::LogBatch batch;
  std::vector<std::uint32_t> truncated;
  frame_lines("a\nbcd\n\nx\n", Resume::line, Framing{}, false, batch, truncated);
  EXPECT_EQ(batch.offset, (std::vector<std::uint32_t>{0, 2, 6, 7}));
}

// However the bytes are cut into reads, the lines are the same.
TEST(Framing, DoesNotDependOnWhereReadsEnd) {
  const std::string bytes = "\xEF\xBB\xBF"s "first\r\n\nlonger than the limit of a line\nlast\nopen";
  const auto all = [&](std::size_t step) {
    std::vector<std::string> lines;
    Resume resume = Resume::start;
    std::size_t at = 0;
    std::size_t have = 0;
    while (have < bytes.size()) {
      have = std::min(bytes.size(), have + step);
      pipeline::LogBatch batch;
      std::vector<std::uint32_t> truncated;
      const Framing framing{Encoding::utf8, 10, 0};
      const Framed framed = frame_lines(std::string_view(bytes).substr(at, have - at), resume, framing,
                                        have == bytes.size(), batch, truncated);
      lines.insert(lines.end(), batch.body.begin(), batch.body.end());
      at += framed.consumed;
      if (framed.consumed > 0) resume = framed.resume;
    }
    EXPECT_EQ(at, bytes.size());
    return lines;
  };
  const std::vector<std::string> whole = all(bytes.size());
  EXPECT_EQ(whole, (std::vector<std::string>{"first", "", "longer tha", "last", "open"}));
  for (std::size_t step = 1; step < bytes.size(); ++step) EXPECT_EQ(all(step), whole) << step;
}

}  // namespace
}  // namespace plugins::sources::file
