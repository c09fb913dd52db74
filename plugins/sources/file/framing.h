#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/model/log_batch.h"
#include "plugins/sources/file/position_ring.h"
#include "plugins/sources/file/utf16.h"

namespace plugins::sources::file {

// How bytes become lines.
struct Framing {
  Encoding encoding = Encoding::utf8;  // never `detect`
  std::size_t max_line = 1024 * 1024;  // bytes of the file; what is longer is cut off
  std::uint32_t label_set = 0;
};

// What became of the bytes.
struct Framed {
  std::size_t consumed = 0;       // up to the end of the last line that was taken
  Resume resume = Resume::line;   // what stands there
  std::uint32_t rows = 0;
  std::uint64_t nul_bytes = 0;    // skipped at the start of the file
};

// Appends the lines of `bytes` to `batch`, without their line ends (LF or CRLF), empty lines too.
// Row offsets count from the beginning of `bytes`; times are left 0. An incomplete last line is left
// unconsumed, except that `is_last` takes it as it is and that one longer than max_line is cut off.
// Rows of cut-off lines are added to `truncated`. UTF-16 text goes to the batch's arena, other lines
// are views of `bytes`.
Framed frame_lines(std::string_view bytes, Resume resume, const Framing& framing, bool is_last,
                   pipeline::LogBatch& batch, std::vector<std::uint32_t>& truncated);

}  // namespace plugins::sources::file
