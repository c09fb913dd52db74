#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/base/clock.h"

namespace plugins::sources::demo {

enum class Format : std::uint8_t { json, logfmt, plain, trace, mixed };

// Makes lines as a web service would write them. The same seed gives the same lines, up to the times
// in them; each carries its sequence number. One thread.
class Generator {
 public:
  Generator(std::uint64_t seed, Format format);

  // Appends the next line, without newline (`trace` lines hold newlines of their own), with `now` as
  // the time of its event. Allocates nothing while `into` has room.
  void next(pipeline::UnixNanos now, std::string& into);
  std::uint64_t sequence() const noexcept { return sequence_; }

 private:
  struct Event;
  std::uint64_t random() noexcept;
  std::uint32_t below(std::uint32_t bound) noexcept;

  std::uint64_t state_;
  std::uint64_t sequence_ = 0;  // of the next line
  Format format_;
};

}  // namespace plugins::sources::demo
