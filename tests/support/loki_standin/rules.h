#pragma once

#include <cstdint>
#include <string>

#include "push.pb.h"
#include "tests/support/loki_standin/limits.h"

namespace loki_standin {

// A refusal of all entries of a stream or of one entry: Loki's name for it, and its sentence.
// An empty reason: nothing to refuse.
struct Refusal {
  std::string reason;
  std::string message;
};

// What Loki looks at once per stream: `{a="b"}` and its limits.
Refusal refuse_labels(const std::string& text, const Limits& limits);

// What Loki looks at in each entry. `newest_ns`: of its stream so far; 0: it has none.
Refusal refuse_entry(const std::string& labels, const wire::Entry& entry, std::int64_t time_ns,
                     std::int64_t newest_ns, std::int64_t now_ns, const Limits& limits,
                     const Policy& policy);

}  // namespace loki_standin
