#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/base/clock.h"

namespace plugins::transforms::limit {

// A key's allowance. It may go below zero: what is larger than the burst passes when anything is
// left and is paid back afterwards, since it could never pass otherwise.
struct Bucket {
  double tokens = 0;
  pipeline::Instant refilled{};
};

struct BucketRules {
  double per_second = 1;
  double burst = 1;
  std::size_t max_keys = 1;
};

// The buckets of one component. Shared by its lanes and striped, so that a lane holds a stripe only
// while it settles one key of one batch. Thread-safe.
class Buckets {
 public:
  explicit Buckets(BucketRules rules);

  // Calls use(bucket) with the refilled bucket of `key` (a hash) while no other lane has it. Past
  // max_keys the bucket that was idle longest makes room; one that is full again loses nothing by
  // it.
  template <class Use>
  void with(std::uint64_t key, pipeline::Instant now, Use&& use) {
    Stripe& stripe = *stripes_[(key >> 32) % stripes_.size()];
    const std::lock_guard lock(stripe.mutex);
    use(find(stripe, key, now));
  }

  const BucketRules& rules() const noexcept { return rules_; }
  std::size_t size() const;

 private:
  struct Stripe {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, Bucket> buckets;
  };
  Bucket& find(Stripe& stripe, std::uint64_t key, pipeline::Instant now);

  BucketRules rules_;
  std::size_t keys_a_stripe_;
  std::vector<std::unique_ptr<Stripe>> stripes_;
};

// Finds the buckets that the lanes of a component share. A configuration is decoded once and its
// transform is made once for each lane, so the Config's copies share one of these; a group of
// transforms that several pipelines use is told apart by the component's id. There is no global
// state: the buckets go with the last lane. Thread-safe.
class SharedBuckets {
 public:
  std::shared_ptr<Buckets> of(const std::string& component, const BucketRules& rules);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Buckets>> by_component_;
};

}  // namespace plugins::transforms::limit
