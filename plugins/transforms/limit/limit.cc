#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/component/registry.h"
#include "pipeline/expr/decode.h"
#include "plugins/transforms/limit/buckets.h"
#include "plugins/transforms/limit/burst.h"

namespace plugins::transforms::limit {
namespace {

using pipeline::AnyTransform;
using pipeline::Checker;
using pipeline::Clock;
using pipeline::EnumName;
using pipeline::FieldName;
using pipeline::Instant;
using pipeline::Located;
using pipeline::LogBatch;
using pipeline::LogTransform;
using pipeline::Nanoseconds;
using pipeline::Rate;
using pipeline::Registry;
using pipeline::Result;
using pipeline::Schema;
using pipeline::Signal;
using pipeline::TransformContext;
using pipeline::Usage;
using pipeline::Value;
using pipeline::ValueReader;

enum class WhenFull : std::uint8_t { block, drop };
constexpr auto enum_names(WhenFull) {
  return std::array{EnumName{WhenFull::block, "block"}, EnumName{WhenFull::drop, "drop"}};
}

struct Config {
  Rate rate;
  std::optional<Burst> burst;
  Located<FieldName> by;
  WhenFull when_full = WhenFull::block;
  std::size_t max_keys = 10'000;
  std::shared_ptr<SharedBuckets> shared = std::make_shared<SharedBuckets>();
};

Schema<Config> schema() {
  Schema<Config> s("limit", "Lets no more than a rate of records or bytes pass.");
  s.field("rate", &Config::rate, "Records (`1000/s`) or bytes of lines (`10MiB/s`).",
          {.required = true, .example = "1000/s"})
      .field(
          "burst", &Config::burst,
          "How much may pass at once after a quiet time: records, or a size where the rate is in "
          "bytes.",
          {.example = "2000", .default_text = "what the rate gives in one second"})
      .field("by", &Config::by,
             "A rate for each value of this name instead of one for all. Records without a value "
             "share one.",
             {.example = "$label.app"})
      .field("when_full", &Config::when_full,
             "`block` holds the pipeline back until the rate allows more, so that nothing is lost; "
             "`drop` drops what is too much, counted. With `by`, `block` holds back every value's "
             "records.")
      .field("max_keys", &Config::max_keys,
             "Values of `by` that are remembered; of more, the one that was idle longest starts "
             "afresh.",
             {.min = 1, .max = 10'000'000});
  s.main_option("rate");
  s.check(+[](const Config& config, Checker& checker) {
    if (config.rate.per_second <= 0 && !checker.is_static()) {
      checker.error("rate", "a rate of 0 lets nothing pass").hint("`drop` drops records");
    }
    if (!config.burst) return;
    if (config.burst->in_bytes != config.rate.in_bytes) {
      checker
          .error("burst", config.rate.in_bytes ? "the rate counts bytes, so burst is a size"
                                               : "the rate counts records, so burst is a number")
          .hint(config.rate.in_bytes ? "write burst: 20MiB" : "write burst: 2000");
    } else if (config.burst->amount < 1) {
      checker.error("burst", "a burst of 0 lets nothing pass");
    }
  });
  return s;
}

class Transform final : public LogTransform {
 public:
  Transform(const Config& config, std::shared_ptr<Buckets> buckets, const TransformContext& context)
      : clock_(context.clock),
        buckets_(std::move(buckets)),
        by_(config.by.value.reader()),
        has_by_(!config.by.value.empty()),
        drops_(config.when_full == WhenFull::drop),
        in_bytes_(config.rate.in_bytes) {
    if (has_by_) by_.bind(context.fields, context.host_name);
  }

  void apply(LogBatch& batch) override {
    collect(batch);
    const Instant now = clock_.now();  // once for the batch
    double debt = 0;
    for (const Key& key : keys_) {
      buckets_->with(key.hash, now, [&](Bucket& bucket) {
        for (std::uint32_t row = key.first; row != kEnd; row = next_[row]) {
          const double cost = in_bytes_ ? static_cast<double>(batch.body[row].size()) : 1;
          if (drops_ && bucket.tokens < (in_bytes_ ? kAnything : 1)) {
            batch.frame.live.clear(row);
            continue;
          }
          bucket.tokens -= cost;
        }
        debt = std::max(debt, -bucket.tokens);
      });
    }
    if (!drops_ && debt > 0) {
      const double seconds = std::min(debt / buckets_->rules().per_second, kLongestPause);
      batch.frame.pause += Nanoseconds(std::llround(seconds * 1e9));
    }
  }

 private:
  static constexpr std::uint32_t kEnd = ~std::uint32_t{0};
  // A byte bucket that holds less than a byte is empty; doubles do not add up to zero exactly.
  static constexpr double kAnything = 1e-6;
  // A day: the debt stays in the bucket, so that the next batch waits for the rest.
  static constexpr double kLongestPause = 86'400;

  struct Key {
    std::uint64_t hash;
    std::uint32_t first;
    std::uint32_t last;
  };

  // The rows of each key as a chain, so that a key's bucket is asked once for the batch.
  void collect(LogBatch& batch) {
    keys_.clear();
    index_.clear();
    next_.resize(batch.rows());
    if (has_by_) by_.start(batch);
    std::size_t latest = 0;
    batch.frame.live.for_each([&](std::size_t at) {
      const auto row = static_cast<std::uint32_t>(at);
      next_[row] = kEnd;
      std::uint64_t hash = 0;
      if (has_by_) {
        const Value value = by_.at(at, batch.frame.arena);
        if (value.has_text()) hash = XXH3_64bits(value.text().data(), value.text().size()) | 1;
      }
      if (keys_.empty() || keys_[latest].hash != hash) {
        const auto [found, is_new] = index_.try_emplace(hash, keys_.size());
        latest = found->second;
        if (is_new) {
          keys_.push_back({hash, row, row});
          return;
        }
      }
      next_[keys_[latest].last] = row;
      keys_[latest].last = row;
    });
  }

  Clock& clock_;
  std::shared_ptr<Buckets> buckets_;
  ValueReader by_;
  bool has_by_;
  bool drops_;
  bool in_bytes_;
  std::vector<Key> keys_;
  std::unordered_map<std::uint64_t, std::size_t> index_;
  std::vector<std::uint32_t> next_;  // by row: the next one with its key
};

void describe(const Config& config, Usage& usage) {
  if (!config.by.value.empty()) usage.reads.push_back({config.by.value.name(), config.by.where});
}

Result<AnyTransform> make(const Config& config, const TransformContext& context) {
  BucketRules rules;
  rules.per_second = config.rate.per_second;
  rules.burst = config.burst ? config.burst->amount : std::max(1.0, config.rate.per_second);
  rules.max_keys = config.by.value.empty() ? 1 : config.max_keys;
  return std::make_unique<Transform>(config, config.shared->of(context.id, rules), context);
}

}  // namespace

void register_plugin(Registry& registry) {
  registry.add_transform<Config>(schema(), {.signals = {Signal::logs}, .drop_reason = "limit"},
                                 describe, make);
}

}  // namespace plugins::transforms::limit
