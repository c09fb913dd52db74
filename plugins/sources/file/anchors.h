#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/clock.h"

namespace plugins::sources::file {

// When the line at `offset` was read first. Lines behind it have its time plus their distance in
// bytes, so that times are unique, ascending and a pure function of the position.
struct Anchor {
  std::uint64_t offset = 0;
  pipeline::UnixNanos first_read_ns = 0;
  std::uint64_t until = 0;  // no line at or behind this has been sent with a time from here
  bool operator==(const Anchor&) const = default;
};

// The times of lines that have none of their own. What ensure() changes must be stored before a line
// of the range is sent; then a re-read, after a crash too, gives every line the same time.
// Pure; one thread.
class Anchors {
 public:
  // A new anchor is made at most this often.
  static constexpr pipeline::Nanoseconds kEvery = std::chrono::seconds(1);
  // How far an anchor may be used beyond what was known of the file when it was stored. The larger,
  // the fewer writes; after a crash the lines of this range have the time of the crash.
  static constexpr std::uint64_t kAhead = 1024 * 1024;
  // While nothing is acknowledged for long, the latest anchor is used on instead of adding to these.
  static constexpr std::size_t kMost = 32;

  Anchors() = default;
  explicit Anchors(std::vector<Anchor> stored) : anchors_(std::move(stored)) {
    if (!anchors_.empty()) sent_ = anchors_.back().until;
  }

  // Lines in [begin, end) are about to be sent. True when list() changed and must be stored first.
  // `known_end` is how far the file is known to reach.
  bool ensure(std::uint64_t begin, std::uint64_t end, std::uint64_t known_end,
              pipeline::UnixNanos now, pipeline::Instant at);

  // The anchor for a line at `offset`, and the offset of the next anchor (or all ones).
  // REQUIRES: ensure() has covered it.
  struct Span {
    pipeline::UnixNanos base = 0;  // time = base + offset
    std::uint64_t until = 0;
  };
  Span at(std::uint64_t offset) const;

  // Forgets what only acknowledged lines needed.
  void passed(std::uint64_t position);
  // No line behind what was sent will be: what is stored at a clean stop.
  void clip();

  const std::vector<Anchor>& list() const noexcept { return anchors_; }

 private:
  std::vector<Anchor> anchors_;  // ascending
  std::uint64_t sent_ = 0;       // lines before this have a time
  pipeline::Instant made_at_{};  // when the last anchor was made; the epoch for stored ones
};

}  // namespace plugins::sources::file
