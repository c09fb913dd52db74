#pragma once

#include <optional>
#include <string_view>

namespace pipeline {

// Where a key of another agent was typed.
enum class KeyPlace : unsigned char { top_level, component };

// What people who come from Promtail, Vector, the OpenTelemetry Collector, vmagent or Prometheus
// type, and what Sluice calls it: a sentence for a hint. Nothing for words that we do not know.
std::optional<std::string_view> foreign_word_hint(std::string_view word, KeyPlace place);

}  // namespace pipeline
