#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pipeline {

// Why the configuration had a record end. A closed list, exported as `reason`.
enum class DropReason : std::uint8_t { drop, keep, sample, limit, dedupe, no_route, parse_error };
inline constexpr std::array<std::string_view, 7> kDropReasons = {
    "drop", "keep", "sample", "limit", "dedupe", "no_route", "parse_error"};

// Why a record ended although nobody asked for it. A closed list, exported as `reason`.
enum class LossReason : std::uint8_t {
  overflow,      // when_full: drop_newest or drop_oldest at a pipeline or edge
  queue_full,    // the same at a sink's own queue
  rejected,      // the receiver refused this record for good
  too_long,      // larger than the receiver takes
  too_old,       // outside the receiver's time window
  blocked,       // the receiver throws everything away on purpose
  udp_overflow,  // the kernel dropped it before it was read
  shutdown,      // not delivered in time, and no position remembers it
  corrupt,       // a stored request that could not be read back
};
inline constexpr std::array<std::string_view, 9> kLossReasons = {
    "overflow", "queue_full", "rejected", "too_long", "too_old",
    "blocked", "udp_overflow", "shutdown", "corrupt"};

constexpr std::string_view name_of(DropReason reason) noexcept {
  return kDropReasons[static_cast<std::size_t>(reason)];
}
constexpr std::string_view name_of(LossReason reason) noexcept {
  return kLossReasons[static_cast<std::size_t>(reason)];
}
// `rejected` for a name outside the list: a plugin's typo must not lose the count.
constexpr LossReason loss_reason(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kLossReasons.size(); ++i)
    if (kLossReasons[i] == name) return static_cast<LossReason>(i);
  return LossReason::rejected;
}

}  // namespace pipeline
