#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/model/ack.h"

namespace pipeline {

// A sequence of records whose order is kept: one file, one connection, one scrape target.
//
// Made by a source, shared by the parts of its batches. Everything but the counters is fixed before
// the first batch and may then be read from any thread.
class Partition : public boost::intrusive_ref_counter<Partition, boost::thread_safe_counter> {
 public:
  // `identity` must be the same after a restart and a rename: `sample` decides by it. `attributes`
  // are the `$` names that hold for every record, without the `$`: {"file.path", "/var/log/x"}.
  Partition(std::uint64_t identity, std::vector<std::pair<std::string, std::string>> attributes)
      : identity_(identity), attributes_(std::move(attributes)) {}

  std::uint64_t identity() const noexcept { return identity_; }
  // Nullptr when this source does not know the name.
  const std::string* attribute(std::string_view name) const noexcept {
    for (const auto& [key, value] : attributes_)
      if (key == name) return &value;
    return nullptr;
  }
  const std::vector<std::pair<std::string, std::string>>& attributes() const noexcept {
    return attributes_;
  }

  // The run of equal times in front of the next record: restored by the source from the stored
  // position, kept by the one lane that has the partition.
  TimeTie tie;

  // For the engine: the lane that has unsettled records of this partition, and how many batches.
  std::atomic<std::uint32_t> unsettled{0};
  std::uint32_t lane = 0;  // only the source's own thread touches it

 private:
  std::uint64_t identity_;
  std::vector<std::pair<std::string, std::string>> attributes_;
};

using PartitionRef = boost::intrusive_ptr<Partition>;

}  // namespace pipeline
