#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/component/delivery_options.h"
#include "pipeline/component/http_target.h"
#include "pipeline/component/usage.h"
#include "pipeline/config/schema.h"
#include "pipeline/expr/decode.h"
#include "pipeline/expr/label_spec.h"
#include "pipeline/expr/text.h"
#include "plugins/sinks/loki/encoder.h"
#include "plugins/sinks/loki/guard.h"

namespace plugins::sinks::loki {

enum class BodyCompression : std::uint8_t { snappy, none };
constexpr auto enum_names(BodyCompression) {
  return std::array{pipeline::EnumName{BodyCompression::snappy, "snappy"},
                    pipeline::EnumName{BodyCompression::none, "none"}};
}
constexpr auto enum_names(LongLines) {
  return std::array{pipeline::EnumName{LongLines::truncate, "truncate"},
                    pipeline::EnumName{LongLines::drop, "drop"}};
}
// What the contract's option `then` may say. `block` has to stop the lane in front of the encoder.
enum class GuardThen : std::uint8_t { demote, drop, block };
constexpr auto enum_names(GuardThen) {
  return std::array{pipeline::EnumName{GuardThen::demote, "demote"},
                    pipeline::EnumName{GuardThen::drop, "drop"},
                    pipeline::EnumName{GuardThen::block, "block"}};
}

struct MaxStreams {
  std::uint64_t count = 1000;
  pipeline::Duration per = std::chrono::minutes(1);
  GuardThen then = GuardThen::demote;
};
void describe_options(pipeline::Schema<MaxStreams>& schema);

struct Config {
  std::string url;
  std::optional<pipeline::Located<pipeline::Text>> tenant;
  pipeline::Located<pipeline::LabelSpec> labels;
  pipeline::BatchOptions batch;
  pipeline::QueueOptions queue;
  pipeline::RetryOptions retry;
  BodyCompression compression = BodyCompression::snappy;
  pipeline::Duration timeout = std::chrono::seconds(30);
  pipeline::AuthOptions auth;
  pipeline::TlsOptions tls;
  pipeline::OrderedMap<pipeline::Secret> headers;
  std::string proxy;
  MaxStreams max_streams;
  pipeline::Size max_line{256 * 1024};
  LongLines long_lines = LongLines::truncate;
  std::uint64_t max_labels = 15;
  pipeline::Duration reject_older{0};
  pipeline::Duration reject_newer{0};
};

pipeline::Schema<Config> schema();
pipeline::DeliveryOptions delivery(const Config& config);
void describe(const Config& config, pipeline::Usage& usage);

// `url` with the push API's path where the user gave none.
std::string push_url(const std::string& url);

}  // namespace plugins::sinks::loki
