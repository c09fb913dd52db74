#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/component/sink.h"
#include "pipeline/flow/budget.h"
#include "pipeline/flow/delivery.h"
#include "pipeline/flow/ledger.h"

namespace pipeline {

// What rows a lane hands to one sink become requests in: an encoder per shard and the parts whose
// rows it holds. One per (lane, sink, signal); belongs to the lane's strand.
class Batcher {
 public:
  Batcher(std::shared_ptr<Delivery> delivery, Signal signal, const FieldPlan& fields,
          std::uint32_t lane, std::uint32_t shards, std::uint64_t target_bytes, Ledger& ledger,
          std::shared_ptr<MemoryBudget::Share> memory);

  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  Delivery& delivery() noexcept { return *delivery_; }
  const std::shared_ptr<Delivery>& delivery_ref() const noexcept { return delivery_; }

  // Encodes the live rows; full requests go to the delivery. `with_acks`: the parts wait for these
  // rows; without, they are best effort.
  void append(const Batch& batch, const Selection& live, bool with_acks);
  // Sends what there is, whatever its size.
  void flush();
  // Sends what is older than the batch age. Returns when the next builder will be due.
  Instant flush_due(Instant now);
  bool is_empty() const noexcept;

 private:
  struct Builder;
  template <class B>
  void append_rows(Builder& builder, EncoderOf<B>& encoder, const B& batch, const Selection& live,
                   bool with_acks);
  void take_refused(Builder& builder, const std::vector<Refused>& refused);
  void submit(Builder& builder);

  std::shared_ptr<Delivery> delivery_;
  Ledger& ledger_;
  Ledger::Id account_;
  std::shared_ptr<MemoryBudget::Share> memory_;
  std::uint32_t lane_;
  std::uint64_t target_bytes_;
  std::vector<std::unique_ptr<Builder>> builders_;
  std::vector<std::uint64_t> keys_;  // scratch: order keys of a batch
};

}  // namespace pipeline
