#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/fs.h"

namespace pipeline {

// What `sluice try` looks at: more of a file would say nothing new and take longer than a glance.
inline constexpr std::size_t kSampleBytes = std::size_t{1} << 20;

// Lines of a file, without their ends ("\n" or "\r\n"). Move-only: the lines are views into it.
struct LineSample {
  std::string text;
  std::vector<std::string_view> lines;  // without empty ones
  std::uint64_t file_bytes = 0;         // of the whole file; for standard input what was read
  std::int64_t modified_ns = 0;         // Unix nanoseconds; 0 for standard input
  bool is_whole = false;                // all of it was read

  LineSample() = default;
  LineSample(LineSample&&) = delete;
  LineSample& operator=(LineSample&&) = delete;
};

// Reads the beginning of a file, or its end. The error says why it is no log: a directory, binary,
// compressed, empty, not readable.
Result<> sample_file(FileSystem& files, const std::string& path, bool from_end, LineSample& sample);

// Reads standard input until its end, kSampleBytes, or until `lines_enough` lines have come and no
// more follow at once: `tail -f x | sluice try -` answers.
Result<> sample_stdin(std::size_t lines_enough, LineSample& sample);

}  // namespace pipeline
