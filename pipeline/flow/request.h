#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/component/request.h"
#include "pipeline/flow/budget.h"
#include "pipeline/flow/ledger.h"
#include "pipeline/model/ack.h"
#include "pipeline/model/partition.h"

namespace pipeline {

// The parts whose rows travel in a request, or in the requests of several tenants that were made
// from one builder. Settled when the last of them is gone, with the worst outcome.
class Carried {
 public:
  struct Share {
    Ack ack;
    std::uint64_t rows = 0;
    Instant read_at;
    std::shared_ptr<const std::string> source;
    PartitionRef partition;  // stays with its lane while this lives
  };

  explicit Carried(std::vector<Share> shares) : shares_(std::move(shares)) {}
  ~Carried() {
    const auto worst = static_cast<Outcome>(worst_.load(std::memory_order_relaxed));
    for (Share& share : shares_) {
      share.ack.settle(worst);
      if (share.partition) share.partition->unsettled.fetch_sub(1, std::memory_order_release);
    }
  }
  Carried(const Carried&) = delete;
  Carried& operator=(const Carried&) = delete;

  void note(Outcome outcome) noexcept {
    const auto mine = static_cast<std::uint8_t>(outcome);
    std::uint8_t seen = worst_.load(std::memory_order_relaxed);
    while (seen < mine && !worst_.compare_exchange_weak(seen, mine, std::memory_order_relaxed)) {
    }
  }
  const std::vector<Share>& shares() const noexcept { return shares_; }
  // Whether somebody can bring all of these rows again.
  bool is_replayable() const noexcept {
    for (const Share& share : shares_)
      if (!share.ack) return false;
    return true;
  }

 private:
  std::vector<Share> shares_;
  std::atomic<std::uint8_t> worst_{0};
};

// Encoded rows on their way to one sink: the unit of sending and of settlement. Owned by one
// delivery; one thread at a time. Destroyed unsettled its parts count as failed.
class Request {
 public:
  Request(Encoded what, std::shared_ptr<Carried> rows_of, Ticket pending, Reservation held)
      : encoded(std::move(what)),
        ticket(std::move(pending)),
        memory(std::move(held)),
        carried_(std::move(rows_of)) {}
  ~Request() {
    if (carried_) carried_->note(Outcome::failed);
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // Ends the request's part in the acks; called once.
  void settle(Outcome outcome) noexcept {
    carried_->note(outcome);
    carried_.reset();
  }
  const Carried& carried() const noexcept { return *carried_; }

  Encoded encoded;           // body is empty once `payload` holds it
  std::string payload;       // compressed, as on the wire
  bool is_compressed = false;
  Instant born;              // when its oldest record was read
  Ticket ticket;             // pending of the sink
  Reservation memory;

  std::uint64_t held_bytes() const noexcept { return encoded.body.capacity() + payload.capacity(); }

 private:
  std::shared_ptr<Carried> carried_;
};

}  // namespace pipeline
