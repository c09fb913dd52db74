#pragma once

#include <memory>

#include "pipeline/flow/ledger.h"
#include "pipeline/telemetry/meter.h"

namespace pipeline {

// Exports the books: pending, lost by reason, delivered, unaccounted and the like, all from one
// snapshot per page, so that they agree with each other. Series of a component appear when its
// account is first seen. REQUIRES: ledger and meters outlive it.
class LedgerMetrics {
 public:
  LedgerMetrics(Ledger& ledger, Meters& meters);
  ~LedgerMetrics();

  // Makes the series of all open accounts and drops those of closed ones. Called when the topology
  // has changed.
  void refresh();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pipeline
