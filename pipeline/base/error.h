#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pipeline {

// The categories that a caller can act on differently. A finer distinction belongs in the message.
enum class Errc : std::uint8_t {
  internal,      // our bug; never retried, always logged
  invalid_data,  // the input is wrong and will stay wrong
  not_found,     // the file, name or address does not exist (now)
  rejected,      // the peer refused for good
  unavailable,   // the peer or device may accept the same request later
  overloaded,    // the peer asked us to slow down; see Error::retry_after()
  timed_out,     // no answer in time, so whether the peer acted is unknown
  cancelled,     // we are shutting down
};

std::string_view name_of(Errc code) noexcept;

// Why something did not work: a category to branch on and a message to read. Messages are lower
// case, without a full stop, outermost context first, and end with what to do where we know it.
class [[nodiscard]] Error {
 public:
  Error() = default;
  Error(Errc code, std::string message,
        std::optional<std::chrono::milliseconds> retry_after = std::nullopt)
      : message_(std::move(message)), retry_after_(retry_after), code_(code) {}

  // From errno. ENOENT is not_found; ENOSPC, EMFILE, EACCES and the like are unavailable.
  static Error from_errno(int number, std::string_view doing);

  Errc code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  // As the peer asked.
  std::optional<std::chrono::milliseconds> retry_after() const noexcept { return retry_after_; }

  // Says what we were doing: during("opening /etc/agent.yaml") turns "permission denied" into
  // "opening /etc/agent.yaml: permission denied". Keeps the code.
  Error during(std::string_view doing) &&;

 private:
  std::string message_;
  std::optional<std::chrono::milliseconds> retry_after_;
  Errc code_ = Errc::internal;
};

}  // namespace pipeline
