#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/model/arena.h"

namespace plugins::sources::file {

// How a file's bytes are characters. `detect` looks at the first bytes: UTF-16 with a byte order
// mark, else UTF-8.
enum class Encoding : std::uint8_t { detect, utf8, utf16le, utf16be };

// What the first bytes of a file say; `detect` while there are too few to tell.
Encoding detect_encoding(std::string_view head) noexcept;

// The offset of the newline's first byte in UTF-16 text, npos without one. `text` begins at a
// character.
std::size_t find_newline_utf16(std::string_view text, std::size_t from, bool is_big_endian) noexcept;

// The same text in UTF-8, in `arena`. Lone surrogates become U+FFFD, an odd last byte is left out.
std::string_view utf16_to_utf8(std::string_view text, bool is_big_endian, pipeline::Arena& arena);

}  // namespace plugins::sources::file
