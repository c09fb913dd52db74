#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pipeline/component/context.h"
#include "pipeline/model/labels.h"

namespace plugins::sinks::loki {

// What to do with the stream that is one too many.
enum class GuardAction : std::uint8_t { demote, drop };

struct GuardOptions {
  std::uint64_t count = 1000;  // streams with records in one window; 0: no guard
  pipeline::Nanoseconds per = std::chrono::minutes(1);
  GuardAction then = GuardAction::demote;
};

// Keeps a label with ever new values (a user's id, a request's) from making one stream per value,
// which is what brings a Loki down. Counts the streams that get records within a window of time.
// When there are more than the limit, the label with the most values becomes structured metadata,
// for as long as the sink lives; or the records of further streams are refused.
//
// One per sink, shared by its encoders. Thread-safe. Encoders ask once per stream and window, and
// once per batch whether anything has changed.
class StreamGuard {
 public:
  StreamGuard(GuardOptions options, const pipeline::Context& context);

  bool is_on() const noexcept { return options_.count > 0; }

  // Moves the window when its time has come. Streams are admitted once per window.
  std::uint64_t window(pipeline::Instant now);
  // Grows whenever a label is demoted: streams made before have to be made again.
  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }
  // Labels that are structured metadata now.
  std::vector<std::string> demoted() const;

  // Counts a stream of the current window. False when it must be refused. May demote a label: look
  // at generation() afterwards. `hash` stands for the stream and its tenant.
  bool admit(std::uint64_t hash, const std::vector<pipeline::Label>& labels);

 private:
  void start_window();
  // The name of the label with the most values that is not the last one of some stream; "" for
  // none.
  std::string widest_label() const;
  void demote(const std::string& name);

  struct LabelValues {
    std::unordered_set<std::uint64_t> hashes;
    bool is_alone = false;  // some stream has no other label, so it has to stay
  };

  const GuardOptions options_;
  const pipeline::Context context_;

  mutable std::mutex mutex_;
  std::unordered_set<std::uint64_t> streams_;
  std::unordered_map<std::string, LabelValues> values_;
  std::vector<std::string> demoted_;
  pipeline::Instant window_end_{};
  std::atomic<std::uint64_t> window_{0};
  std::atomic<std::uint64_t> generation_{0};
  bool has_complained_ = false;
};

}  // namespace plugins::sinks::loki
