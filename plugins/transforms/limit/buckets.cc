#include "plugins/transforms/limit/buckets.h"

#include <algorithm>

namespace plugins::transforms::limit {

using pipeline::Instant;

namespace {

// Enough for four lanes to meet seldom.
constexpr std::size_t kStripes = 16;

}  // namespace

Buckets::Buckets(BucketRules rules) : rules_(rules) {
  const std::size_t stripes = std::min(kStripes, std::max<std::size_t>(1, rules.max_keys / 64));
  keys_a_stripe_ = std::max<std::size_t>(1, rules.max_keys / stripes);
  for (std::size_t i = 0; i < stripes; ++i) stripes_.push_back(std::make_unique<Stripe>());
}

Bucket& Buckets::find(Stripe& stripe, std::uint64_t key, Instant now) {
  auto at = stripe.buckets.find(key);
  if (at == stripe.buckets.end()) {
    if (stripe.buckets.size() >= keys_a_stripe_) {
      const auto idle = std::min_element(
          stripe.buckets.begin(), stripe.buckets.end(),
          [](const auto& a, const auto& b) { return a.second.refilled < b.second.refilled; });
      stripe.buckets.erase(idle);
    }
    at = stripe.buckets.emplace(key, Bucket{.tokens = rules_.burst, .refilled = now}).first;
    return at->second;
  }
  Bucket& bucket = at->second;
  // Lanes read the clock before they get here, so that it may seem to go back.
  if (now > bucket.refilled) {
    const double seconds = std::chrono::duration<double>(now - bucket.refilled).count();
    bucket.tokens = std::min(rules_.burst, bucket.tokens + seconds * rules_.per_second);
    bucket.refilled = now;
  }
  return bucket;
}

std::size_t Buckets::size() const {
  std::size_t total = 0;
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    total += stripe->buckets.size();
  }
  return total;
}

std::shared_ptr<Buckets> SharedBuckets::of(const std::string& component, const BucketRules& rules) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<Buckets>& known = by_component_[component];
  if (auto buckets = known.lock()) return buckets;
  auto made = std::make_shared<Buckets>(rules);
  known = made;
  return made;
}

}  // namespace plugins::transforms::limit
