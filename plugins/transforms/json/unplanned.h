#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/codec/json.h"
#include "pipeline/expr/path.h"
#include "pipeline/model/field_plan.h"
#include "pipeline/model/log_batch.h"

namespace plugins::transforms::json {

// Columns that one batch may have for fields that nobody named. The members of a record that would
// need more are kept together as one JSON object in the column kOverflow, so that keys made of data
// (ids as keys) cannot use up the memory.
inline constexpr std::size_t kMaxColumns = 512;
inline constexpr std::string_view kOverflow = "$rest";
// Keys that are remembered from batch to batch.
inline constexpr std::size_t kMaxKnownKeys = 4096;

// Puts the members of records into columns of their own, where somebody wants every field. Members
// that the plan names are left to the planned columns.
//
// One per lane. Does not allocate for a record whose keys were seen before.
class Unplanned {
 public:
  Unplanned(const pipeline::FieldPlan& plan, std::vector<pipeline::NameStep> prefix)
      : plan_(plan), prefix_(std::move(prefix)) {}

  // Before the first row of every batch.
  void start();
  // Of equal keys the first wins.
  void add(pipeline::LogBatch& batch, std::size_t row,
           const std::vector<pipeline::JsonMember>& members);

 private:
  struct Known {
    std::string key;
    std::string name;  // the column's
    bool planned = false;
    std::uint64_t batch = 0;  // the batch that `column` belongs to
    std::uint32_t column = 0;
    std::uint64_t record = 0;  // the latest that had this key
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  Known& known(std::string_view key, std::size_t position);
  pipeline::Column* column(pipeline::LogBatch& batch, Known& of);
  void overflow(const pipeline::JsonMember& member);

  const pipeline::FieldPlan& plan_;
  std::vector<pipeline::NameStep> prefix_;
  std::vector<Known> keys_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> index_;
  std::vector<std::uint32_t> order_;  // the key that the record before had at each place
  std::string rest_;                  // kOverflow of the row in hand
  std::uint64_t batch_ = 0;
  std::uint64_t record_ = 0;
};

}  // namespace plugins::transforms::json
