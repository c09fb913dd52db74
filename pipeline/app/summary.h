#pragma once

#include <string>

#include "pipeline/app/agent.h"

namespace pipeline {

// What a person at a terminal sees: one calm line a second while the agent runs, the books at the
// end. Reads the same ledger as /metrics.
class Summary {
 public:
  explicit Summary(Agent& agent) : agent_(agent) {}

  // One line: records in, delivered, dropped and lost by reason, pending, rate, lag.
  std::string line();
  // The books, balanced or not; several lines, the last one being the whole in one line.
  std::string books();

 private:
  Agent& agent_;
  double last_bytes_ = 0;
  Instant last_at_ = Instant::clock::now();
};

}  // namespace pipeline
