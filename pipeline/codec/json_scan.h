#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// The inner loops of the JSON reader: where a string, a container or a number ends. Included by
// json*.cc only. No function reads at or past `end`, so a line needs no padding and may lie
// anywhere.
namespace pipeline::json_scan {

// Containers inside each other; deeper lines are refused, as simdjson does by default.
inline constexpr std::size_t kMaxDepth = 1024;

// One bit for each of 16 bytes; those at or past `end` never match, since they count as zero.
#if defined(__SSE2__)
struct Block {
  __m128i bytes;

  Block(const char* p, const char* end) noexcept {
    if (end - p >= 16) [[likely]] {
      bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    } else {
      alignas(16) char tail[16] = {};
      std::memcpy(tail, p, static_cast<std::size_t>(end - p));
      bytes = _mm_load_si128(reinterpret_cast<const __m128i*>(tail));
    }
  }
  static unsigned mask(__m128i matches) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(matches));
  }
  unsigned quotes_and_backslashes() const noexcept {
    return mask(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                             _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
  }
  unsigned quotes_and_brackets() const noexcept {
    // Bit 5 is all that '[' and ']' differ by from '{' and '}'.
    const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    return mask(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                             _mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')),
                                          _mm_cmpeq_epi8(folded, _mm_set1_epi8('}')))));
  }
};
#else
struct Block {
  char bytes[16] = {};

  Block(const char* p, const char* end) noexcept {
    std::memcpy(bytes, p, end - p >= 16 ? 16 : static_cast<std::size_t>(end - p));
  }
  template <class Match>
  unsigned mask(Match match) const noexcept {
    unsigned bits = 0;
    for (unsigned i = 0; i < 16; ++i) bits |= static_cast<unsigned>(match(bytes[i])) << i;
    return bits;
  }
  unsigned quotes_and_backslashes() const noexcept {
    return mask([](char c) { return c == '"' || c == '\\'; });
  }
  unsigned quotes_and_brackets() const noexcept {
    return mask([](char c) { return c == '"' || (c | 0x20) == '{' || (c | 0x20) == '}'; });
  }
};
#endif

// The first character that is not white space, or `end`.
inline const char* skip_space(const char* p, const char* end) noexcept {
  while (p < end && static_cast<unsigned char>(*p) <= ' ' &&
         (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
    ++p;
  }
  return p;
}

// The closing quote of a string whose first character is at `p`; null when there is none. Sets
// `escaped` when a backslash is in between.
inline const char* string_end(const char* p, const char* end, bool& escaped) noexcept {
  while (p < end) {
    const unsigned hits = Block(p, end).quotes_and_backslashes();
    if (hits == 0) {
      p += 16;
      continue;
    }
    p += std::countr_zero(hits);
    if (*p == '"') return p;
    escaped = true;
    p += 2;
  }
  return nullptr;
}

// Behind the bracket that closes the one at `p`; null when brackets do not pair, a string does not
// end, or containers lie deeper than kMaxDepth.
inline const char* container_end(const char* p, const char* end) noexcept {
  std::uint64_t kinds[kMaxDepth / 64];  // one bit a level: 1 is an object
  std::size_t depth = 0;
  while (p < end) {
    unsigned hits = Block(p, end).quotes_and_brackets();
    const char* next = p + 16;
    for (; hits != 0; hits &= hits - 1) {
      const char* const at = p + std::countr_zero(hits);
      const char c = *at;
      if (c == '"') {
        bool escaped = false;
        const char* const closing = string_end(at + 1, end, escaped);
        if (closing == nullptr) return nullptr;
        next = closing + 1;
        break;
      }
      const std::uint64_t is_object = (c & 0x20) != 0;
      if ((c | 0x20) == '{') {
        if (depth == kMaxDepth) return nullptr;
        const std::uint64_t bit = std::uint64_t{1} << (depth & 63);
        kinds[depth >> 6] =
            ((depth & 63) == 0 ? 0 : kinds[depth >> 6] & ~bit) | (is_object ? bit : 0);
        ++depth;
      } else {
        --depth;  // the first bracket opened one, so this cannot wrap
        if (((kinds[depth >> 6] >> (depth & 63)) & 1) != is_object) return nullptr;
        if (depth == 0) return at + 1;
      }
    }
    p = next;
  }
  return nullptr;
}

// Behind the number at `p` by JSON's grammar; null when there is none.
inline const char* number_end(const char* p, const char* end) noexcept {
  const auto digit = [&](const char* at) {
    return at < end && static_cast<unsigned>(*at - '0') <= 9;
  };
  if (p < end && *p == '-') ++p;
  if (!digit(p)) return nullptr;
  if (*p == '0') {
    ++p;
  } else {
    while (digit(p)) ++p;
  }
  if (p < end && *p == '.') {
    if (!digit(++p)) return nullptr;
    while (digit(p)) ++p;
  }
  if (p < end && (*p | 0x20) == 'e') {
    ++p;
    if (p < end && (*p == '+' || *p == '-')) ++p;
    if (!digit(p)) return nullptr;
    while (digit(p)) ++p;
  }
  return p;
}

inline const char* word_end(const char* p, const char* end, const char* word,
                            std::size_t size) noexcept {
  if (static_cast<std::size_t>(end - p) < size || std::memcmp(p, word, size) != 0) return nullptr;
  return p + size;
}

}  // namespace pipeline::json_scan
