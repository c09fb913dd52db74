#pragma once

#include <cstdint>

#include "pipeline/base/clock.h"

// Field numbers of Loki's PushRequest, from pkg/push/push.proto of grafana/loki:
//
//   PushRequest { repeated Stream streams = 1; }
//   Stream      { string labels = 1; repeated Entry entries = 2; uint64 hash = 3; }
//   Entry       { Timestamp timestamp = 1; string line = 2; repeated LabelPair metadata = 3; }
//   Timestamp   { int64 seconds = 1; int32 nanos = 2; }
//   LabelPair   { string name = 1; string value = 2; }
namespace plugins::sinks::loki::wire {

inline constexpr std::uint32_t kRequestStream = 1;
inline constexpr std::uint32_t kStreamLabels = 1;
inline constexpr std::uint32_t kStreamEntry = 2;
inline constexpr std::uint32_t kEntryTime = 1;
inline constexpr std::uint32_t kEntryLine = 2;
inline constexpr std::uint32_t kEntryMetadata = 3;
inline constexpr std::uint32_t kTimeSeconds = 1;
inline constexpr std::uint32_t kTimeNanos = 2;
inline constexpr std::uint32_t kPairName = 1;
inline constexpr std::uint32_t kPairValue = 2;

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// A time as protobuf's Timestamp has it: nanos are never negative, also before 1970.
struct Timestamp {
  std::int64_t seconds = 0;
  std::uint32_t nanos = 0;
};

constexpr Timestamp timestamp(pipeline::UnixNanos time) noexcept {
  std::int64_t seconds = time / kNanosPerSecond;
  std::int64_t nanos = time % kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  }
  return {seconds, static_cast<std::uint32_t>(nanos)};
}

}  // namespace plugins::sinks::loki::wire
