#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loki_standin {

// How the next requests are treated instead of as Loki would.
struct Step {
  enum class Behaviour : std::uint8_t {
    answer,               // status, headers, body
    normal,               // judged as always; with delay_ms and so on
    reset_mid_body,       // RST after `after_bytes` of the body
    reset_before_answer,  // the whole body is read, nothing stored, RST
    reset_after_accept,   // stored, but the answer is lost: RST
    hang,                 // the body is read, nothing answered until `hang_ms` or the peer leaves
    slow_read,            // the body is read at `bytes_per_second`, then judged as always
  };
  Behaviour behaviour = Behaviour::answer;
  int status = 204;  // 200 and 204 store what is valid; anything else stores nothing
  std::optional<std::string> body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool store = false;  // store although the answer says otherwise, or never comes
  bool close = false;  // Connection: close
  std::uint64_t after_bytes = 100;
  std::uint64_t bytes_per_second = 100'000;
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds hang{60'000};
  // The step holds for so many requests, or for so long from its first one.
  std::uint64_t count = 1;
  std::chrono::milliseconds duration{0};
};

// The steps that are still ahead. Thread-safe.
class Script {
 public:
  // Appends the steps in `json`: {"steps": [{"status": 503, "count": 3, ...}, ...]}. The error
  // names what is wrong; nothing is appended then.
  std::expected<void, std::string> append(std::string_view json);
  // The step for the next request; nothing: as always.
  std::optional<Step> next(std::chrono::steady_clock::time_point now);
  void clear();
  std::size_t steps_left();

 private:
  std::mutex mutex_;
  std::deque<Step> steps_;
  std::optional<std::chrono::steady_clock::time_point> began_;  // of the front step, if by time
};

}  // namespace loki_standin
