#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/component/source.h"
#include "pipeline/flow/budget.h"
#include "pipeline/flow/delivery.h"
#include "pipeline/flow/lane.h"
#include "pipeline/flow/ledger.h"

namespace pipeline {

// Admission: where batches of one source enter one pipeline, and the only place where memory is
// waited for. Outlives the lanes behind it, so that a reload can change the pipeline without the
// source noticing: shut, exchange the lanes, open. Used on the source's strand; shut(), attach()
// and open() from any thread.
class Gate {
 public:
  struct Parts {
    std::string pipeline;  // "pipeline/app"
    WhenFull when_full = WhenFull::block;
    Ledger& ledger;
    Clock& clock;
    Log& log;
    Meters& meters;
    std::shared_ptr<MemoryBudget::Share> memory;
  };
  // What is behind the gate now.
  struct Behind {
    std::vector<std::shared_ptr<Lane>> lanes;
    // The deliveries whose credit a batch needs: those that an edge with when_full: block reaches.
    std::vector<std::shared_ptr<Delivery>> required;
    // Those that drop_oldest may evict from.
    std::vector<std::shared_ptr<Delivery>> reached;
  };

  explicit Gate(Parts parts);
  ~Gate();

  // Nobody enters until open(). Who was admitted before is in a lane once is_quiet().
  void shut();
  bool is_quiet() const;
  void attach(Behind behind);
  void open();
  void set_when_full(WhenFull policy);
  // Every push fails from now on, and those that wait fail.
  void close();

  std::size_t lanes() const;
  std::size_t lane_of(Partition& partition);
  bool is_congested() const;
  // Admits and queues; takes the batch's acks with it. `true` when the batch is in a lane or has
  // been dropped by policy and counted; false when the gate is closed or the caller is cancelled.
  Task<bool> push(Batch batch, std::size_t lane);

  // For humans: which sink (or memory) the latest push waits for; "" when it does not wait.
  std::string held_by() const;
  double waited_seconds() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pipeline
