#include "tests/support/loki_standin/record_line.h"

#include <array>
#include <charconv>
#include <cstring>

namespace loki_standin {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78U;

// Eight tables, so that eight bytes are folded at a time: a byte at a time costs more than all the
// rest of storing a line.
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
    tables[0][i] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t previous = tables[k - 1][i];
      tables[k][i] = (previous >> 8U) ^ tables[0][previous & 0xFFU];
    }
  }
  return tables;
}

constexpr auto kTables = make_tables();

// The checksum stands within this many bytes of the end.
constexpr std::size_t kTailBytes = 32;

bool read_hex8(std::string_view text, std::uint32_t& out) {
  if (text.size() < 8) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 8, out, 16);
  return error == std::errc() && end == text.data() + 8;
}

Checksum check(std::string_view line, std::string_view mark) {
  const std::size_t from = line.size() > kTailBytes ? line.size() - kTailBytes : 0;
  const std::size_t at = line.find(mark, from);
  if (at == std::string_view::npos) return Checksum::absent;
  std::uint32_t expected = 0;
  if (!read_hex8(line.substr(at + mark.size()), expected)) return Checksum::absent;
  return crc32c(line.substr(0, at)) == expected ? Checksum::ok : Checksum::wrong;
}

bool read_sequence(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end != text.data();
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, at, 4);
    std::memcpy(&high, at + 4, 4);
    low ^= crc;
    crc = kTables[7][low & 0xFFU] ^ kTables[6][(low >> 8U) & 0xFFU] ^
          kTables[5][(low >> 16U) & 0xFFU] ^ kTables[4][low >> 24U] ^ kTables[3][high & 0xFFU] ^
          kTables[2][(high >> 8U) & 0xFFU] ^ kTables[1][(high >> 16U) & 0xFFU] ^
          kTables[0][high >> 24U];
  }
  for (; left > 0; ++at, --left) {
    crc = (crc >> 8U) ^ kTables[0][(crc ^ static_cast<unsigned char>(*at)) & 0xFFU];
  }
  return ~crc;
}

std::optional<RecordId> find_record_id(std::string_view line) {
  constexpr std::string_view kFile = "\"file\":\"";
  constexpr std::string_view kSequence = "\",\"seq\":";
  RecordId id;
  if (const std::size_t at = line.find(kFile); at != std::string_view::npos) {
    const std::string_view rest = line.substr(at + kFile.size());
    const std::size_t end = rest.find(kSequence);
    if (end == std::string_view::npos) return std::nullopt;
    id.file = rest.substr(0, end);
    if (!read_sequence(rest.substr(end + kSequence.size()), id.sequence)) return std::nullopt;
    id.checksum = check(line, ",\"sum\":\"");
    return id;
  }
  constexpr std::string_view kPlain = " id=";
  if (const std::size_t at = line.find(kPlain); at != std::string_view::npos) {
    const std::string_view rest = line.substr(at + kPlain.size());
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos || rest.find(' ') < colon) return std::nullopt;
    id.file = rest.substr(0, colon);
    if (!read_sequence(rest.substr(colon + 1), id.sequence)) return std::nullopt;
    id.checksum = check(line, " sum=");
    return id;
  }
  return std::nullopt;
}

}  // namespace loki_standin
