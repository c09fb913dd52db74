#pragma once

#include <cstdint>
#include <string>

namespace bench {

// Realistic JSON log lines of about 265 bytes, the same for the same seed: the input of every
// measurement. 70 % are info, 20 % debug, the rest warn and error; nine services; times ascend by a
// few microseconds.
class LogLines {
 public:
  // `start_ns`: the time of the first line.
  explicit LogLines(std::uint64_t seed = 1, std::int64_t start_ns = 1'767'225'600'000'000'000);

  // Appends one line with its newline.
  void append(std::string& out);

 private:
  std::uint64_t next();
  std::uint64_t below(std::uint64_t n) { return next() % n; }

  std::uint64_t state_[2];
  std::int64_t time_ns_;
};

}  // namespace bench
