#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/model/ack.h"
#include "plugins/sources/file/fingerprint.h"

namespace plugins::sources::file {

// What stands at a position, for whoever reads on from there.
enum class Resume : std::uint8_t {
  start,  // nothing but NULs came before: a BOM and more NULs are skipped
  line,   // a line begins
  skip,   // the rest of a line that was cut off: skipped up to its end
};

// A position in a file, with all that is needed to read on from it.
struct Mark {
  std::uint64_t offset = 0;
  Resume resume = Resume::start;
  Digest before;           // of up to kMarkerBytes before the offset
  pipeline::TimeTie tie;   // the run of equal times that ends here
  bool operator==(const Mark&) const = default;
};

// The ranges of one file that were read and are not settled yet, in order. acked() is the end of the
// contiguous prefix that has been settled well; acked() <= read() always.
//
// Pure; the strand of the source only.
class PositionRing {
 public:
  PositionRing() = default;
  explicit PositionRing(const Mark& start) : acked_(start), read_(start.offset) {}

  // The range from read() to `end` holds `records` records and waits for its ack. Returns the
  // sequence number that the ack carries.
  std::uint64_t add(const Mark& end, std::uint32_t records);
  // The same for bytes without records: nobody will settle them.
  void add_empty(const Mark& end);

  // True when acked() moved. A failed range stops it until rewind(). An unknown or repeated
  // sequence number is ignored.
  bool settle(std::uint64_t sequence, pipeline::Outcome outcome, const pipeline::TimeTie& tie);

  // Forgets everything behind acked(). REQUIRES: nothing is outstanding.
  void rewind();

  const Mark& acked() const noexcept { return acked_; }
  std::uint64_t read() const noexcept { return read_; }
  // Ranges whose ack has not arrived.
  std::size_t outstanding() const noexcept { return outstanding_; }
  bool has_failed() const noexcept { return has_failed_; }
  // Of a range that is still in the ring; 0 for others.
  std::uint32_t records(std::uint64_t sequence) const noexcept;

 private:
  enum class State : std::uint8_t { waiting, done, failed };
  struct Range {
    Mark end;
    std::uint32_t records = 0;
    State state = State::waiting;
  };
  void push(const Mark& end, std::uint32_t records, State state);
  bool advance();

  std::vector<Range> ranges_;  // the first `head_` of them are over
  std::size_t head_ = 0;
  std::uint64_t first_ = 0;  // sequence number of ranges_[0]
  Mark acked_;
  std::uint64_t read_ = 0;
  std::size_t outstanding_ = 0;
  bool has_failed_ = false;
};

}  // namespace plugins::sources::file
