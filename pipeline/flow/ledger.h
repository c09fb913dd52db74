#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/flow/reasons.h"
#include "pipeline/model/signal.h"
#include "pipeline/telemetry/meter.h"

namespace pipeline {

// The books of one pipeline or sink for one signal. A record ends in exactly one way; what has not
// ended is pending.
//   pipeline: in + created = forwarded + dropped + lost + merged + pending
//   sink:     in + recovered = delivered + lost + pending
struct Account {
  std::uint64_t in = 0;
  std::uint64_t created = 0;    // rows made, and the copies of a fan-out
  std::uint64_t recovered = 0;
  std::uint64_t forwarded = 0;
  std::uint64_t delivered = 0;
  std::uint64_t merged = 0;
  std::uint64_t dropped = 0;
  std::uint64_t returned = 0;   // given back to their source after a failed delivery
  std::array<std::uint64_t, kLossReasons.size()> lost{};
  // Counted where the records are held (tickets), never derived from the numbers above.
  std::uint64_t pending = 0;
  std::uint64_t pending_bytes = 0;

  std::uint64_t lost_total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : lost) sum += n;
    return sum;
  }
  void lose(LossReason reason, std::uint64_t records) noexcept {
    lost[static_cast<std::size_t>(reason)] += records;
  }
  // What the books cannot explain: 0 unless there is a bug.
  std::int64_t unaccounted() const noexcept {
    return static_cast<std::int64_t>(in + created + recovered) -
           static_cast<std::int64_t>(forwarded + delivered + merged + dropped + returned +
                                     lost_total() + pending);
  }
  Account& operator+=(const Account& other) noexcept;
};

// All accounts of a running topology under one lock, so that a snapshot is taken between batches:
// everything that one batch or one answer changes is posted in one go. Thread-safe; locked a few
// times per batch, never per record.
class Ledger {
 public:
  using Id = std::uint32_t;

  // Opens (or finds) the account of a component. Ids stay valid; a component that a reload removes
  // is closed and leaves the metrics, its totals stay in total().
  Id open(const std::string& component, Signal signal);
  void close(Id id);

  // Applies a group of changes at once.
  class Posting {
   public:
    explicit Posting(Ledger& ledger) : lock_(ledger.mutex_), ledger_(ledger) {}
    Account& operator[](Id id) { return ledger_.entries_[id]->account; }

   private:
    std::lock_guard<std::mutex> lock_;
    Ledger& ledger_;
  };

  struct Line {
    std::string component;
    Signal signal;
    Account account;
    bool open = true;
  };
  // All accounts at one moment.
  std::vector<Line> snapshot() const;

 private:
  struct Entry {
    std::string component;
    Signal signal;
    Account account;
    bool open = true;
  };
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

// Records that somebody holds, as seen by the ledger: pending while it lives. Move-only.
class Ticket {
 public:
  Ticket() = default;
  Ticket(Ledger& ledger, Ledger::Id id) : ledger_(&ledger), id_(id) {}
  ~Ticket();
  Ticket(Ticket&& other) noexcept;
  Ticket& operator=(Ticket&& other) noexcept;

  // Within a posting of the caller's.
  void add(Account& account, std::uint64_t records, std::uint64_t bytes = 0) noexcept;
  // Ends the holding of `records` of them within a posting.
  void release(Account& account, std::uint64_t records) noexcept;
  void release_all(Account& account) noexcept;
  // The bytes that the records take have changed.
  void set_bytes(Account& account, std::uint64_t bytes) noexcept;
  std::uint64_t records() const noexcept { return records_; }
  Ledger::Id id() const noexcept { return id_; }

 private:
  Ledger* ledger_ = nullptr;
  Ledger::Id id_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace pipeline
