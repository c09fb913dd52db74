#include "pipeline/codec/json_write.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "pipeline/codec/test_bytes.h"
#include "pipeline/codec/utf8.h"

namespace pipeline {
namespace {

std::string parsed(const std::string& json) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(json);
  return std::string(std::string_view(parser.parse(padded).get_string()));
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(Utf8, IllFormedSequencesBecomeOneReplacementEach) {
  // The examples of the Unicode standard, tables 3-8 to 3-11, and the edges of table 3-7.
  const struct {
    std::string_view in;
    std::string_view out;
  } cases[] = {
      {"plain", "plain"},
      {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82"
       "A",
       "????????"
       "A"},
      {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF"
       "A",
       "????????"
       "A"},
      {"\xF4\x91\x92\x93\xFF"
       "A\x80\xBF"
       "B",
       "?????"
       "A??"
       "B"},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
       "A",
       "????"
       "A"},
      {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
      {"\xE2\x82", "?"},
      {"\xF0\x9F\x98", "?"},
      {"\xC3", "?"},
  };
  for (const auto& c : cases) {
    std::string expected;
    for (const char byte : c.out) {
      byte == '?' ? expected.append(kReplacementCharacter) : expected.append(1, byte);
    }
    std::string out;
    const std::size_t replaced = append_valid_utf8(out, c.in);
    EXPECT_EQ(out, expected) << c.in;
    EXPECT_EQ(replaced, static_cast<std::size_t>(std::count(c.out.begin(), c.out.end(), '?')));
  }
}

TEST(Utf8, AgreesWithTheLibraryOnRandomBytes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = testing::random_bytes(random, random() % 12);
    for (char& c : text) {
      if (random() % 2 == 0)
        c = "\xE2\x82\xAC\xF0\x9F\x98\x80\xED\xA0\xC3\xA9"
            "a"[random() % 12];
    }
    std::string out;
    const std::size_t replaced = append_valid_utf8(out, text);
    ASSERT_EQ(replaced == 0, is_valid_utf8(text));
    ASSERT_TRUE(is_valid_utf8(out));
    ASSERT_EQ(parsed(json_string(text)), out);
  }
}

TEST(JsonWrite, EveryByteAtEveryPlaceReadsBack) {
  for (int byte = 0; byte < 128; ++byte) {
    for (std::size_t size = 1; size < 20; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(parsed(json_string(text)), text) << byte << " at " << at << " of " << size;
      }
    }
  }
}

TEST(JsonWrite, EscapesAreTheShortOnes) {
  EXPECT_EQ(json_string(std::string_view("\"\\\n\r\t\b\f\x01\x1F\x7F/", 11)),
            "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u001f\x7F/\"");
  EXPECT_EQ(json_string("bad \xFF."), "\"bad \xEF\xBF\xBD.\"");
}

TEST(JsonWrite, NumbersReadBackExactly) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::bit_cast<double>(random());
    std::string out;
    append_json_number(out, value);
    if (!std::isfinite(value)) {
      ASSERT_EQ(out, "null");
      continue;
    }
    ASSERT_EQ(std::strtod(out.c_str(), nullptr), value) << out;
  }
  std::string out;
  append_json_number(out, std::numeric_limits<std::int64_t>::min());
  out += ' ';
  append_json_number(out, std::numeric_limits<std::uint64_t>::max());
  out += ' ';
  append_json_number(out, -7);
  EXPECT_EQ(out, "-9223372036854775808 18446744073709551615 -7");
}

TEST(JsonWriter, PutsCommasAndColons) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("a").number(1).key("b").begin_array();
  json.string("x").boolean(true).null().begin_object().end_object().raw("[1]").number(0.5);
  json.end_array().key("c").begin_object().key("d").string("").end_object().end_object();
  EXPECT_EQ(out, R"({"a":1,"b":["x",true,null,{},[1],0.5],"c":{"d":""}})");
}

}  // namespace
}  // namespace pipeline
