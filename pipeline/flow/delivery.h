#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/base/log.h"
#include "pipeline/component/sink.h"
#include "pipeline/flow/ledger.h"
#include "pipeline/flow/link.h"
#include "pipeline/flow/request.h"
#include "pipeline/telemetry/meter.h"

namespace pipeline {

// What a delivery is made of; references outlive it.
struct DeliveryParts {
  std::string id;  // "sink/loki"
  std::string name;  // "loki"
  DeliveryOptions options;
  std::shared_ptr<Sink> sink;
  LinkMaker links;
  std::function<Executor()> new_strand;
  Clock& clock;
  Log& log;
  Meters& meters;
  Ledger& ledger;
};

// The queue of encoded requests of one sink and everything that is done with them: compression,
// attempts, backoff, splitting and bisecting, order, settlement. Written once for all sinks.
//
// Requests of one order key (lane, shard, tenant) go out one at a time and in order; keys are
// independent. Thread-safe.
class Delivery {
 public:
  explicit Delivery(DeliveryParts parts);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  const std::string& id() const noexcept;
  const std::string& name() const noexcept;
  const DeliveryOptions& options() const noexcept;
  std::shared_ptr<Sink> sink() const;

  // Queues a request behind those of its key. Never waits and never refuses: credit was asked for
  // when its rows were admitted.
  void submit(std::uint32_t lane, std::uint32_t shard, std::unique_ptr<Request> request);

  // False while the queue holds options().queue_memory bytes or more. Woken through credit().
  bool has_credit() const noexcept;
  Notifier& credit() noexcept;
  // Gives up the oldest unsent requests until there is credit again (drop_oldest); their records are
  // lost as `reason`. Returns how many.
  std::uint64_t evict_oldest(LossReason reason);

  // Sends through another sink of the same encoding from the next attempt on: its address,
  // credentials or time-outs have changed. Waits are cut short.
  void replace(std::shared_ptr<Sink> sink, DeliveryOptions options);

  // Nothing queued or in flight.
  bool is_idle() const noexcept;
  // Returns when idle, or at `deadline`. Instant::max() waits for ever.
  Task<> drained(Instant deadline);
  // Ends every worker; what is left settles as failed, and counts as lost{shutdown} where nobody can
  // bring it again. Returns when no coroutine of this delivery runs any more.
  Task<> stop();

  struct State {
    bool is_up = true;          // the last attempt was answered by success
    bool is_alarmed = false;
    std::string last_error;
    Instant down_since;
    std::uint64_t queued_requests = 0;
    std::uint64_t queued_records = 0;
    std::uint64_t queued_bytes = 0;
    std::uint64_t in_flight = 0;
    Instant oldest = Instant::max();  // when the oldest pending record was read
    std::uint64_t rejected = 0;
  };
  State state() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace pipeline
