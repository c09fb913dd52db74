#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "pipeline/base/clock.h"
#include "pipeline/component/request.h"

namespace plugins::sinks::loki {

// What an answer of Loki, or of a proxy in front of it, means for the request. The table is in
// answers.cc and in the README. `now` is for a Retry-After that is a date.
pipeline::Classification classify(const pipeline::Response& response, pipeline::UnixNanos now);

// The value of Retry-After: seconds or an HTTP date; at most five minutes. nullopt when unreadable.
std::optional<pipeline::Milliseconds> retry_after(std::string_view value, pipeline::UnixNanos now);

}  // namespace plugins::sinks::loki
