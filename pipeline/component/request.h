#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/model/signal.h"

namespace pipeline {

enum class Compression : std::uint8_t { none, snappy, gzip, zstd };

// Rows of one signal, encoded as the receiver takes them, before compression. What an encoder makes
// and what split() takes apart again.
struct Encoded {
  std::string body;
  std::string tenant;      // "" for none
  std::uint64_t records = 0;
  UnixNanos oldest = 0;    // record times, for the order of failover and the queue's envelope
  UnixNanos newest = 0;
  Signal signal = Signal::logs;
};

// An answer to one attempt, as little of it as classification needs.
struct Response {
  int status = 0;  // HTTP's; local sinks answer 204 for written
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // at most 64 KiB of it
};

enum class Verdict : std::uint8_t {
  delivered,  // all of it has been taken
  retry,      // may pass later, as it is
  split,      // too large: try halves
  bisect,     // some of it is invalid: find out which
  reject,     // will never be taken, and splitting cannot help
  blocked,    // the receiver throws it away on purpose (Loki's 260)
  alarm,      // credentials, tenant or address are wrong: keep it, keep trying, say so loudly
};

struct Classification {
  Verdict verdict = Verdict::retry;
  std::optional<Milliseconds> retry_after;  // as the peer asked
  std::uint64_t refused = 0;                // rows that a partial success did not take
  std::string message;                      // for the log: what the peer said, in one line
};

}  // namespace pipeline
