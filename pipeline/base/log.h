#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pipeline {

enum class Severity : std::uint8_t { debug, info, warning, error };

std::string_view name_of(Severity severity) noexcept;

// The agent's own log: one line when a state changes, nothing per batch. Thread-safe.
//
// Control characters in messages are escaped, so that record content cannot forge a line. The same
// component and message within a minute is written once; the next line that passes says how many
// were held back.
class Log {
 public:
  using Listener = std::function<void(Severity, std::string_view component, std::string_view text)>;

  virtual ~Log() = default;
  virtual void write(Severity severity, std::string_view component, std::string_view text) = 0;

  void info(std::string_view component, std::string_view text) { write(Severity::info, component, text); }
  void warn(std::string_view component, std::string_view text) { write(Severity::warning, component, text); }
  void error(std::string_view component, std::string_view text) { write(Severity::error, component, text); }
};

// Writes logfmt lines to a file descriptor (2 in production): time, level, component, msg.
// `listener`, where given, sees every line that was written (the `self` source is one).
class StreamLog final : public Log {
 public:
  explicit StreamLog(int descriptor, Severity lowest = Severity::info);
  ~StreamLog() override;
  void write(Severity severity, std::string_view component, std::string_view text) override;
  // Replaces the listener. Pass {} to stop listening; after it returned the old one is not called.
  void listen(Listener listener);

 private:
  struct Impl;
  Impl* impl_;
};

// For tests and for commands that print their own output.
class NullLog final : public Log {
 public:
  void write(Severity, std::string_view, std::string_view) override {}
};

}  // namespace pipeline
