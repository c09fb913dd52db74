#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "pipeline/base/bytes.h"

// Protocol Buffers' wire format, by hand: https://protobuf.dev/programming-guides/encoding/
//
// There are two ways to write. The hot one computes the exact size first and writes through a raw
// pointer (put_*); the convenient one appends to a string (WireWriter). Reading is one pass over
// untrusted bytes (WireReader). Plain functions and values: any thread, no allocation but the
// writer's string.
namespace pipeline::protobuf {

static_assert(std::endian::native == std::endian::little,
              "fixed-width fields are stored as they are");

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

inline constexpr std::size_t kVarintMax = 10;  // bytes

// ---- Sizes -------------------------------------------------------------------------------------

constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  const auto bits = static_cast<unsigned>(std::bit_width(value | 1));
  return (bits * 9 + 64) / 64;  // ceil(bits / 7) for 1..64, without a division
}

constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

constexpr std::size_t tag_size(std::uint32_t field) noexcept {
  return varint_size(std::uint64_t{field} << 3);
}
constexpr std::size_t varint_field_size(std::uint32_t field, std::uint64_t value) noexcept {
  return tag_size(field) + varint_size(value);
}
constexpr std::size_t fixed64_field_size(std::uint32_t field) noexcept {
  return tag_size(field) + 8;
}
constexpr std::size_t fixed32_field_size(std::uint32_t field) noexcept {
  return tag_size(field) + 4;
}
// Strings, bytes and nested messages of `size` bytes.
constexpr std::size_t bytes_field_size(std::uint32_t field, std::size_t size) noexcept {
  return tag_size(field) + varint_size(size) + size;
}

// ---- Writing through a pointer -----------------------------------------------------------------
// REQUIRES: room for what the matching *_size() says. Each returns the end of what it wrote.

inline char* put_varint(char* at, std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<char>(value);
  return at;
}

inline char* put_tag(char* at, std::uint32_t field, WireType type) noexcept {
  return put_varint(at, (std::uint64_t{field} << 3) | static_cast<std::uint64_t>(type));
}

inline char* put_raw(char* at, std::string_view bytes) noexcept {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

inline char* put_varint_field(char* at, std::uint32_t field, std::uint64_t value) noexcept {
  return put_varint(put_tag(at, field, WireType::varint), value);
}

inline char* put_fixed64_field(char* at, std::uint32_t field, std::uint64_t value) noexcept {
  at = put_tag(at, field, WireType::fixed64);
  std::memcpy(at, &value, 8);
  return at + 8;
}

inline char* put_fixed32_field(char* at, std::uint32_t field, std::uint32_t value) noexcept {
  at = put_tag(at, field, WireType::fixed32);
  std::memcpy(at, &value, 4);
  return at + 4;
}

inline char* put_double_field(char* at, std::uint32_t field, double value) noexcept {
  return put_fixed64_field(at, field, std::bit_cast<std::uint64_t>(value));
}

// Tag and length of a string or nested message; exactly `size` bytes of content have to follow.
inline char* put_bytes_header(char* at, std::uint32_t field, std::size_t size) noexcept {
  return put_varint(put_tag(at, field, WireType::bytes), size);
}

inline char* put_bytes_field(char* at, std::uint32_t field, std::string_view bytes) noexcept {
  return put_raw(put_bytes_header(at, field, bytes.size()), bytes);
}

// ---- Writing to a string -----------------------------------------------------------------------

// Appends fields to a string, which outlives the writer. Zero values are written like any other:
// leaving out defaults is the caller's choice.
class WireWriter {
 public:
  explicit WireWriter(std::string& out) noexcept : out_(out) {}

  void varint(std::uint32_t field, std::uint64_t value) {
    put_varint_field(extend(out_, varint_field_size(field, value)), field, value);
  }
  // int32 and int64: negative numbers take ten bytes, as the format wants it.
  void int64(std::uint32_t field, std::int64_t value) {
    varint(field, static_cast<std::uint64_t>(value));
  }
  void sint64(std::uint32_t field, std::int64_t value) { varint(field, zigzag(value)); }
  void boolean(std::uint32_t field, bool value) { varint(field, value ? 1 : 0); }
  void fixed64(std::uint32_t field, std::uint64_t value) {
    put_fixed64_field(extend(out_, fixed64_field_size(field)), field, value);
  }
  void fixed32(std::uint32_t field, std::uint32_t value) {
    put_fixed32_field(extend(out_, fixed32_field_size(field)), field, value);
  }
  void float64(std::uint32_t field, double value) {
    fixed64(field, std::bit_cast<std::uint64_t>(value));
  }
  void bytes(std::uint32_t field, std::string_view value) {
    put_bytes_field(extend(out_, bytes_field_size(field, value.size())), field, value);
  }
  // The head of a nested message whose `size` bytes the caller writes next.
  void message(std::uint32_t field, std::size_t size) {
    const std::size_t head = bytes_field_size(field, size) - size;
    put_bytes_header(extend(out_, head), field, size);
  }
  // Fields that are encoded already.
  void raw(std::string_view fields) { out_.append(fields); }

  // A nested message whose size is not known yet: everything written until end(mark) belongs to it.
  // end() moves the content when its length takes more than one byte, so keep it off hot paths.
  struct Mark {
    std::size_t content;
  };
  Mark begin(std::uint32_t field) {
    put_tag(extend(out_, tag_size(field) + 1), field, WireType::bytes);
    return {out_.size()};
  }
  void end(Mark mark) {
    const std::size_t size = out_.size() - mark.content;
    const std::size_t more = varint_size(size) - 1;
    if (more > 0) {
      extend(out_, more);
      std::memmove(out_.data() + mark.content + more, out_.data() + mark.content, size);
    }
    put_varint(out_.data() + mark.content - 1, size);
  }

 private:
  std::string& out_;
};

// ---- Reading -----------------------------------------------------------------------------------

// Reads one varint at `at`, which moves behind it. False, with `at` unchanged, if it is truncated
// or longer than ten bytes. Also for packed fields and for delimited messages.
inline bool read_varint(const char*& at, const char* end, std::uint64_t& value) noexcept {
  if (at < end && static_cast<unsigned char>(*at) < 0x80) [[likely]] {
    value = static_cast<unsigned char>(*at++);
    return true;
  }
  std::uint64_t sum = 0;
  const char* p = at;
  for (unsigned shift = 0; shift < 70 && p < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*p++);
    // The tenth byte holds one bit; what is above it falls off, as in every other decoder.
    sum |= std::uint64_t{byte & 0x7FU} << (shift < 64 ? shift : 0);
    if (byte < 0x80) {
      value = sum;
      at = p;
      return true;
    }
  }
  return false;
}

// Walks the fields of one message. Never reads outside of `message`, which outlives the reader.
//
//   for (WireReader fields(message); fields.next();) {
//     switch (fields.field()) {
//       case 1: name = fields.bytes(); break;
//       case 2: count = fields.varint(); break;
//     }                                        // unknown fields are skipped by next()
//   }
//   if (fields.failed()) ...
//
// A value of another wire type than the one asked for is malformed and read as zero or empty.
// Groups, which proto3 does not have, are malformed. How deep messages may nest is the caller's
// to bound: it recurses by making a reader over bytes().
class WireReader {
 public:
  explicit WireReader(std::string_view message) noexcept
      : at_(message.data()), end_(message.data() + message.size()), start_(message.data()) {}

  // Moves to the next field. False at the end and at the first malformed byte: failed() tells.
  bool next() noexcept {
    if (failed_ || at_ == end_) return false;
    start_ = at_;
    std::uint64_t tag = 0;
    if (!read_varint(at_, end_, tag) || tag >> 32 != 0 || tag < 8) return fail();
    field_ = static_cast<std::uint32_t>(tag >> 3);
    type_ = static_cast<WireType>(tag & 7);
    switch (type_) {
      case WireType::varint:
        return read_varint(at_, end_, value_) || fail();
      case WireType::fixed64:
        return fixed(8);
      case WireType::fixed32:
        return fixed(4);
      case WireType::bytes:
        if (!read_varint(at_, end_, value_) || value_ > static_cast<std::size_t>(end_ - at_)) {
          return fail();
        }
        at_ += value_;
        return true;
    }
    return fail();
  }

  // True once anything was malformed; it stays so.
  bool failed() const noexcept { return failed_; }

  std::uint32_t field() const noexcept { return field_; }
  WireType type() const noexcept { return type_; }

  std::uint64_t varint() noexcept { return is(WireType::varint) ? value_ : 0; }
  std::int64_t int64() noexcept { return static_cast<std::int64_t>(varint()); }
  std::int64_t sint64() noexcept { return unzigzag(varint()); }
  bool boolean() noexcept { return varint() != 0; }
  std::uint64_t fixed64() noexcept { return is(WireType::fixed64) ? value_ : 0; }
  std::uint32_t fixed32() noexcept {
    return is(WireType::fixed32) ? static_cast<std::uint32_t>(value_) : 0;
  }
  double float64() noexcept { return std::bit_cast<double>(fixed64()); }
  // The content of a string, bytes, packed or nested field: a view into the message.
  std::string_view bytes() noexcept {
    if (!is(WireType::bytes)) return {};
    return {at_ - value_, static_cast<std::size_t>(value_)};
  }

  // The whole field as it came, with its tag: what a splitter copies.
  std::string_view raw() const noexcept { return {start_, static_cast<std::size_t>(at_ - start_)}; }

 private:
  bool fail() noexcept {
    failed_ = true;
    return false;
  }
  bool is(WireType type) noexcept { return type_ == type || fail(); }
  bool fixed(std::size_t size) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < size) return fail();
    value_ = 0;
    std::memcpy(&value_, at_, size);
    at_ += size;
    return true;
  }

  const char* at_;
  const char* end_;
  const char* start_;        // of the current field
  std::uint64_t value_ = 0;  // of the current field; for bytes, their length
  std::uint32_t field_ = 0;
  WireType type_ = WireType::varint;
  bool failed_ = false;
};

}  // namespace pipeline::protobuf
