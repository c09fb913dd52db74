#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace pipeline {

// What became of records. Ordered from best to worst; the worst decides for the whole group. All
// but `failed` let a position pass, because the records have been counted.
enum class Outcome : std::uint8_t { delivered, dropped, dead_lettered, lost, failed };

// Where the last line of a part stood in a run of lines with equal times, so that a re-read gives
// every line the same time again.
struct TimeTie {
  std::int64_t last = 0;    // parsed time of the latest line, Unix ns, before the addition
  std::uint32_t count = 0;  // lines before it, in a row, with that time
  bool operator==(const TimeTie&) const = default;
};

class AckGroup;

// Hears what became of the groups that it made: a file's position keeper, a waiting push request.
class AckOwner : public boost::intrusive_ref_counter<AckOwner, boost::thread_safe_counter> {
 public:
  virtual ~AckOwner() = default;
  // Called once per group, on whichever thread finished last: hand over and return. `group` is
  // freed when it returns.
  virtual void settled(const AckGroup& group, Outcome worst) noexcept = 0;
};

// The promise of one part of one source batch. Counted references: a split shares the group, a
// merge carries several.
class AckGroup {
 public:
  std::uint64_t sequence() const noexcept { return sequence_; }
  // Written by the lane while it alone holds the part, read by the owner after settlement.
  TimeTie tie;

 private:
  friend class Ack;
  AckGroup(boost::intrusive_ptr<AckOwner> owner, std::uint64_t sequence)
      : owner_(std::move(owner)), sequence_(sequence) {}
  void release(Outcome outcome) noexcept;

  boost::intrusive_ptr<AckOwner> owner_;
  std::uint64_t sequence_;
  std::atomic<std::uint32_t> references_{1};
  std::atomic<std::uint8_t> worst_{0};
};

// One reference to a group. Move-only. Destroyed unsettled it counts as `failed`, so that a
// forgotten ack causes a redelivery and never a silent loss.
class Ack {
 public:
  Ack() = default;  // nobody is waiting; settling it does nothing
  // `sequence` is the owner's name for the group, usually its place in a ring.
  Ack(boost::intrusive_ptr<AckOwner> owner, std::uint64_t sequence)
      : group_(new AckGroup(std::move(owner), sequence)) {}
  ~Ack() { settle(Outcome::failed); }
  Ack(Ack&& other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
  Ack& operator=(Ack&& other) noexcept {
    if (this != &other) {
      settle(Outcome::failed);
      group_ = std::exchange(other.group_, nullptr);
    }
    return *this;
  }

  // One more reference: per copy in a fan-out, per request that carries rows of the part.
  Ack share() const noexcept;
  // Gives this reference up with a verdict. Idempotent.
  void settle(Outcome outcome) noexcept {
    if (AckGroup* group = std::exchange(group_, nullptr)) group->release(outcome);
  }

  AckGroup* group() const noexcept { return group_; }
  explicit operator bool() const noexcept { return group_ != nullptr; }

 private:
  AckGroup* group_ = nullptr;
};

}  // namespace pipeline
