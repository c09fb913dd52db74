#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace log_writer {

enum class Mode : std::uint8_t { json, plain };

// How lines look. A period of N marks the lines whose sequence is N - 1 modulo N; 0: none.
struct LineStyle {
  Mode mode = Mode::json;
  std::size_t bytes = 265;  // of a usual line, its newline included
  std::uint64_t seed = 1;
  std::uint64_t poison_every = 0;  // contains poison_text; its "kind" is "poison"
  std::string poison_text = "POISON";
  std::uint64_t long_every = 0;  // is long_bytes long instead
  std::size_t long_bytes = 2UL << 20U;
  std::uint64_t invalid_utf8_every = 0;  // contains 0xff 0xc3
  std::uint64_t nul_every = 0;           // contains a NUL
};

// Makes line `sequence` of `file` and appends it to `out` with its newline. A pure function of its
// arguments, so that a test may make a line again. The line carries its file, its sequence and a
// CRC-32C of itself: see tests/support/loki_standin/record_line.h.
void make_line(const LineStyle& style, std::string_view file, std::uint64_t sequence,
               std::int64_t time_ns, std::string& out);

}  // namespace log_writer
