#pragma once

#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <tuple>

#include "pipeline/base/notifier.h"
#include "pipeline/flow/backoff.h"
#include "pipeline/flow/delivery.h"
#include "pipeline/flow/verdict_window.h"

namespace pipeline {

// The requests of one order key, and the coroutine that sends them.
struct DeliveryWorker {
  explicit DeliveryWorker(Executor on) : executor(std::move(on)) {}
  Executor executor;
  std::deque<std::unique_ptr<Request>> queue;  // guarded by Delivery::Shared::mutex
  Instant in_flight_since = Instant::max();    // born of the request being sent; the same guard
  Notifier wake;   // a request was queued, or stop
  Notifier kick;   // end a backoff now: another sink, or stop
  asio::cancellation_signal cancel;            // emitted on the executor
  std::unique_ptr<Link> link;                  // only the worker's own
  std::uint64_t link_generation = 0;
};

// What a delivery's front (delivery.cc) and its sending side (attempt.cc) share.
struct Delivery::Shared : std::enable_shared_from_this<Delivery::Shared> {
  explicit Shared(DeliveryParts parts);

  // delivery.cc
  // Found or made, with the lock held; a new one is then started without it.
  DeliveryWorker& worker_for(std::uint32_t lane, std::uint32_t shard, const std::string& tenant,
                             bool& is_new);
  void start(DeliveryWorker& worker);
  void abandon(std::unique_ptr<Request> request);
  void hold(std::int64_t bytes);  // changes held_bytes and wakes who waits for credit
  void note_up();
  void note_down(const std::string& why, bool alarm);
  Task<> run(DeliveryWorker& worker);
  std::unique_ptr<Request> take_next(DeliveryWorker& worker);

  // attempt.cc
  enum class Fate : std::uint8_t { settled, systemic, stopped };
  struct Answer {
    Classification classification;
    Response response;
    bool is_answer = false;  // false: no answer in time, or no connection
  };
  Task<> deliver(DeliveryWorker& worker, Request& request);
  Task<Answer> attempt(DeliveryWorker& worker, const Encoded& what, const std::string& payload);
  Task<bool> pause(DeliveryWorker& worker, Nanoseconds delay);
  void finish(Request& request, std::uint64_t delivered, std::uint64_t refused);
  void lose(Request& request, std::uint64_t records, LossReason reason, const std::string& why);
  void prepare(Request& request);

  // dissect.cc
  Task<Fate> dissect(DeliveryWorker& worker, Request& request, Answer first);
  Task<bool> probe_next(DeliveryWorker& worker);

  DeliveryParts parts;
  mutable std::mutex mutex;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::string>, std::unique_ptr<DeliveryWorker>>
      workers;
  std::shared_ptr<Sink> sink;      // guarded by mutex
  std::uint64_t generation = 1;    // of sink; guarded by mutex
  DeliveryOptions options;         // guarded by mutex
  VerdictWindow window;            // guarded by mutex
  std::uint64_t successes = 0;     // requests taken; guarded by mutex
  State state;                     // guarded by mutex; counts are filled when asked for
  std::atomic<std::uint64_t> held_bytes{0};
  std::atomic<std::uint64_t> open_requests{0};
  std::atomic<std::uint64_t> running{0};
  std::atomic<std::uint64_t> in_flight{0};
  std::atomic<bool> stopping{false};
  Notifier credit;
  Notifier idle;

  MeterScope scope;
  Counter retries, resent, sent_bytes;
  Histogram request_seconds;
  // Made when first needed. The lock is their own: the meters' lock is taken under it, and a page
  // being read takes `mutex` under the meters' lock.
  std::mutex meters_mutex;
  std::map<std::string, Counter> requests_by_code;
  std::map<std::string, Histogram> latency_by_source;
  Counter& requests(const std::string& code);
  Histogram& latency(const std::string& source);
};

}  // namespace pipeline
