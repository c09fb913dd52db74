#include "pipeline/codec/protobuf.h"

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "pipeline/codec/test_bytes.h"

namespace pipeline::protobuf {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

std::vector<std::uint64_t> interesting() {
  std::vector<std::uint64_t> values = {0, std::numeric_limits<std::uint64_t>::max()};
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t off : {0, 1}) values.push_back((std::uint64_t{1} << bit) - off);
  }
  return values;
}

TEST(Protobuf, VarintsTakeWhatTheirSizeSays) {
  for (const std::uint64_t value : interesting()) {
    char bytes[kVarintMax];
    const char* const end = put_varint(bytes, value);
    ASSERT_EQ(static_cast<std::size_t>(end - bytes), varint_size(value)) << value;
    const char* at = bytes;
    std::uint64_t back = 0;
    ASSERT_TRUE(read_varint(at, end, back));
    EXPECT_EQ(back, value);
    EXPECT_EQ(at, end);
    at = bytes;
    EXPECT_FALSE(read_varint(at, end - 1, back)) << "truncated";
    EXPECT_EQ(at, bytes);
  }
}

TEST(Protobuf, ElevenByteVarintsAreMalformed) {
  const std::string bytes = std::string(10, '\xFF') + '\x01';
  const char* at = bytes.data();
  std::uint64_t value = 0;
  EXPECT_FALSE(read_varint(at, at + bytes.size(), value));
}

TEST(Protobuf, ZigzagIsItsOwnInverse) {
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
  for (const std::uint64_t value : interesting()) EXPECT_EQ(zigzag(unzigzag(value)), value);
}

std::string example() {
  std::string out;
  WireWriter writer(out);
  for (const std::uint64_t value : interesting()) writer.varint(1, value);
  writer.int64(2, -5);
  writer.sint64(3, -5);
  writer.boolean(15, true);
  writer.fixed64(16, 0x1122334455667788);
  writer.fixed32(2047, 0x11223344);
  writer.float64(2048, 0.5);
  writer.bytes((1U << 29) - 1, "text");
  writer.message(7, varint_field_size(1, 300));
  writer.varint(1, 300);
  const auto outer = writer.begin(8);
  writer.bytes(1, std::string(200, 'a'));
  const auto inner = writer.begin(2);
  writer.end(inner);
  const auto long_one = writer.begin(3);
  writer.bytes(1, std::string(20'000, 'b'));
  writer.end(long_one);
  writer.end(outer);
  return out;
}

TEST(Protobuf, WritesWhatTheLibraryReads) {
  const std::string out = example();
  UnknownFieldSet set;
  ASSERT_TRUE(set.ParseFromString(out));
  const auto values = interesting();
  int i = 0;
  for (const std::uint64_t value : values) EXPECT_EQ(set.field(i++).varint(), value);
  EXPECT_EQ(static_cast<std::int64_t>(set.field(i++).varint()), -5);
  EXPECT_EQ(set.field(i++).varint(), zigzag(-5));
  EXPECT_EQ(set.field(i).number(), 15);
  EXPECT_EQ(set.field(i++).varint(), 1U);
  EXPECT_EQ(set.field(i++).fixed64(), 0x1122334455667788U);
  EXPECT_EQ(set.field(i++).fixed32(), 0x11223344U);
  EXPECT_EQ(std::bit_cast<double>(set.field(i++).fixed64()), 0.5);
  EXPECT_EQ(set.field(i).number(), (1 << 29) - 1);
  EXPECT_EQ(set.field(i++).length_delimited(), "text");
  UnknownFieldSet nested;
  ASSERT_TRUE(nested.ParseFromString(set.field(i++).length_delimited()));
  EXPECT_EQ(nested.field(0).varint(), 300U);
  ASSERT_TRUE(nested.ParseFromString(set.field(i++).length_delimited()));
  ASSERT_EQ(nested.field_count(), 3);
  EXPECT_EQ(nested.field(0).length_delimited().size(), 200U);
  EXPECT_EQ(nested.field(1).length_delimited(), "");
  EXPECT_GT(nested.field(2).length_delimited().size(), 20'000U);
  EXPECT_EQ(set.field_count(), i);
}

// Reads everything as the library does; false where the reader fails.
bool same_as(const UnknownFieldSet& set, WireReader& reader) {
  int i = 0;
  for (; reader.next(); ++i) {
    if (i >= set.field_count()) return false;
    const UnknownField& field = set.field(i);
    if (field.number() != static_cast<int>(reader.field())) return false;
    switch (reader.type()) {
      case WireType::varint:
        if (field.type() != UnknownField::TYPE_VARINT || field.varint() != reader.varint())
          return false;
        break;
      case WireType::fixed64:
        if (field.type() != UnknownField::TYPE_FIXED64 || field.fixed64() != reader.fixed64()) {
          return false;
        }
        break;
      case WireType::fixed32:
        if (field.type() != UnknownField::TYPE_FIXED32 || field.fixed32() != reader.fixed32()) {
          return false;
        }
        break;
      case WireType::bytes:
        if (field.length_delimited() != reader.bytes()) return false;
        break;
    }
  }
  return !reader.failed() && i == set.field_count();
}

TEST(Protobuf, ReadsWhatTheLibraryReads) {
  std::mt19937_64 random(1);
  const std::string good = example();
  int accepted = 0;
  testing::damage(random, good, [&](const std::string& bytes) {
    UnknownFieldSet set;
    const bool library = set.ParseFromString(bytes);
    WireReader reader(bytes);
    const bool ours = same_as(set, reader);
    accepted += ours ? 1 : 0;
    if (ours) {
      EXPECT_TRUE(library);
    } else if (library) {
      // Groups are the one thing that only the library takes.
      bool has_group = false;
      for (int i = 0; i < set.field_count(); ++i) {
        has_group |= set.field(i).type() == UnknownField::TYPE_GROUP;
      }
      EXPECT_TRUE(has_group);
    }
  });
  EXPECT_GT(accepted, 50);
}

TEST(Protobuf, RawFieldsPutTogetherAreTheMessage) {
  const std::string message = example();
  std::string copy;
  WireReader reader(message);
  while (reader.next()) copy.append(reader.raw());
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(copy, message);
}

TEST(Protobuf, AValueOfAnotherTypeIsMalformed) {
  std::string out;
  WireWriter(out).varint(1, 5);
  WireReader reader(out);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_TRUE(reader.failed());
  EXPECT_FALSE(reader.next());
}

TEST(Protobuf, MalformedInputs) {
  const std::pair<const char*, std::string> cases[] = {
      {"field number zero", std::string("\x00\x01", 2)},
      {"a length past the end",
       "\x0A\x05"
       "abc"},
      {"a length near 2^64", "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"},
      {"a group", "\x0B\x0C"},
      {"wire type 6", "\x0E\x01"},
      {"a short fixed64",
       "\x09"
       "1234567"},
      {"a short fixed32",
       "\x0D"
       "123"},
      {"a tag beyond 32 bits", "\x88\x80\x80\x80\x80\x01\x01"},
  };
  for (const auto& [name, bytes] : cases) {
    WireReader reader(bytes);
    EXPECT_FALSE(reader.next()) << name;
    EXPECT_TRUE(reader.failed()) << name;
  }
  WireReader empty("");
  EXPECT_FALSE(empty.next());
  EXPECT_FALSE(empty.failed());
}

}  // namespace
}  // namespace pipeline::protobuf
