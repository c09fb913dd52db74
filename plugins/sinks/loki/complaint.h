#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.h"

namespace plugins::sinks::loki {

// What Loki says about a request that it refused, as far as it helps to find the culprits.
struct Complaint {
  std::vector<std::string> streams;               // as Loki prints them: {a="b", c="d"}
  std::optional<pipeline::UnixNanos> older_than;  // entries before this time
  std::optional<pipeline::UnixNanos> newer_than;  // entries at or after this time
  std::optional<std::uint64_t> longer_than;       // lines above this size

  bool names(std::string_view labels) const;
  bool is_about(pipeline::UnixNanos time, std::uint64_t line_size) const;
};

// Reads messages of pkg/validation/validate.go and pkg/ingester/stream.go of grafana/loki (3.x):
//
//   entry for stream '{app="a"}' has timestamp too old: 2024-..., oldest acceptable timestamp is:
//   2024-... entry for stream '{app="a"}' has timestamp too new: 2024-... entry with timestamp
//   2024-... ignored, reason: 'entry too far behind, ...' ... for stream: {app="a"} Max entry size
//   '262144' bytes exceeded for stream '{app="a"}' while adding an entry with length '300000' bytes
//   stream '{app="a"}' has 16 label names; limit 15
//   error parsing labels '{a=}' with error: ...
//
// nullopt when no stream is named.
std::optional<Complaint> read_complaint(std::string_view message);

}  // namespace plugins::sinks::loki
