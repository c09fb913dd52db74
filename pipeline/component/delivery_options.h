#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/component/sink.h"
#include "pipeline/config/schema.h"

namespace pipeline {

// The option groups `batch:`, `queue:` and `retry:`, the same on every sink that sends requests.

struct BatchOptions {
  Size bytes = 1_MiB;
  Duration age = std::chrono::seconds(1);
  std::uint64_t records = 0;
};

enum class WhenFull : std::uint8_t { block, drop_newest, drop_oldest };
constexpr auto enum_names(WhenFull) {
  return std::array{EnumName{WhenFull::block, "block"},
                    EnumName{WhenFull::drop_newest, "drop_newest"},
                    EnumName{WhenFull::drop_oldest, "drop_oldest"}};
}

struct QueueOptions {
  Size memory = 8_MiB;
  std::optional<Size> disk;
  WhenFull when_full = WhenFull::block;
};

struct RetryOptions {
  Duration initial = std::chrono::milliseconds(500);
  Duration max = std::chrono::seconds(30);
};

void describe_options(Schema<BatchOptions>& schema);
void describe_options(Schema<QueueOptions>& schema);
void describe_options(Schema<RetryOptions>& schema);

// What the engine makes of them; the rest keeps its defaults.
DeliveryOptions delivery_options(const BatchOptions& batch, const QueueOptions& queue,
                                 const RetryOptions& retry, Duration timeout);

}  // namespace pipeline
