#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/support/loki_standin/record_line.h"

namespace loki_standin {

// What a record that was stored turned out to be.
enum class Arrival : std::uint8_t {
  first,      // never seen before
  identical,  // seen with the same stream, time, metadata and bytes: Loki drops it
  different,  // the same id with another stream, time, metadata or bytes: a real duplicate
};

// Which records of each producer arrived: nine bytes a record, so that tens of millions fit.
// Not thread-safe.
class RecordLedger {
 public:
  // A sequence further ahead than this of all that was seen is taken for an invention: it keeps a
  // corrupt number from asking for the whole memory.
  static constexpr std::uint64_t kSequenceLeapMax = 50'000'000;

  struct Counts {
    std::uint64_t first = 0;
    std::uint64_t identical = 0;
    std::uint64_t different = 0;
    std::uint64_t corrupt = 0;       // checksum wrong
    std::uint64_t truncated = 0;     // checksum cut off
    std::uint64_t unidentified = 0;  // no id in the line
    std::uint64_t out_of_order = 0;  // first seen, but after a later one of its file and stream
  };

  // `digest` covers stream, time, metadata and line. `stream` is any number that names the stream.
  Arrival arrive(const RecordId& id, std::uint64_t digest, std::uint32_t stream);
  void arrive_unidentified() { ++counts_.unidentified; }
  const Counts& counts() const { return counts_; }

  struct Expectation {
    std::string file;
    std::uint64_t begin = 0;  // first sequence expected
    std::uint64_t end = 0;    // one past the last
  };
  struct Verdict {
    std::uint64_t expected = 0;
    std::uint64_t missing = 0;
    std::uint64_t invented = 0;               // arrived, but nobody wrote it
    std::uint64_t excepted = 0;               // expected not to arrive, and did not
    std::uint64_t excepted_seen = 0;          // expected not to arrive, and did
    std::vector<std::string> missing_ranges;  // the first few, as file:begin-end
  };
  // `except_every`: of each file, the records whose sequence is except_every - 1 modulo it are
  // poison and must not have arrived; 0: none.
  Verdict verdict(const std::vector<Expectation>& expectations, std::uint64_t except_every) const;

  // Per producer: records first seen, and one past the highest sequence.
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> producers() const;

 private:
  struct Producer {
    std::uint32_t number = 0;
    std::uint64_t first = 0;
    std::vector<std::uint64_t> digests;  // by sequence; 0: not seen
    std::vector<std::uint8_t> seen;      // by sequence; saturates at 255
    std::unordered_map<std::uint32_t, std::uint64_t> newest_of_stream;
  };
  Producer& producer(std::string_view file);

  std::map<std::string, Producer, std::less<>> producers_;
  Producer* last_ = nullptr;  // records come in runs of one file
  std::string last_file_;
  Counts counts_;
};

}  // namespace loki_standin
