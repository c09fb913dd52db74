#pragma once

#include <optional>
#include <string>
#include <utility>

#include "pipeline/component/request.h"

namespace plugins::sinks::loki {

// Taking PushRequests apart again: only what a receiver refused comes this way.

// Halves by entries, keeping streams and order; nullopt for fewer than two records.
std::optional<std::pair<pipeline::Encoded, pipeline::Encoded>> split(
    const pipeline::Encoded& request);

// The entries that Loki's answer names, and the rest. Loki names a stream in nearly every message,
// and with it often what is wrong: an age or a length then narrows it down to the entries.
// nullopt when it names nothing that is here, or everything.
std::optional<std::pair<pipeline::Encoded, pipeline::Encoded>> isolate(
    const pipeline::Encoded& request, const pipeline::Response& response);

// `{app="a"} first 100 bytes of the line`, control characters escaped.
std::string describe(const pipeline::Encoded& request);

}  // namespace plugins::sinks::loki
