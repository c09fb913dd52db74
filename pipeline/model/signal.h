#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace pipeline {

enum class Signal : std::uint8_t { logs, metrics, traces };
constexpr std::size_t kSignals = 3;

constexpr std::string_view name_of(Signal signal) noexcept {
  constexpr std::string_view kNames[kSignals] = {"logs", "metrics", "traces"};
  return kNames[static_cast<std::size_t>(signal)];
}

// A set of signals: what a component can give or take.
class Signals {
 public:
  constexpr Signals() = default;
  constexpr Signals(std::initializer_list<Signal> signals) {
    for (const Signal s : signals) add(s);
  }
  static constexpr Signals all() { return {Signal::logs, Signal::metrics, Signal::traces}; }

  constexpr void add(Signal s) { bits_ |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(s)); }
  constexpr bool has(Signal s) const { return (bits_ >> static_cast<unsigned>(s)) & 1u; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const Signals&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace pipeline
