#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/codec/json.h"
#include "pipeline/codec/json_split.h"
#include "pipeline/expr/path.h"
#include "pipeline/model/field_plan.h"
#include "pipeline/model/log_batch.h"

namespace plugins::transforms::encode {

// One field of the new line.
struct Member {
  std::string_view name;  // unescaped
  pipeline::Value value;
};

// Says which members the new line of a record has, in an order that is a function of the record
// alone (never of its neighbours), so that a re-read makes the same bytes: first those of the old
// line in its order, then the planned fields that it does not have, then the others by name.
class RowReader {
 public:
  explicit RowReader(const pipeline::FieldPlan& plan) : plan_(plan) {}

  // Before the first row of every batch.
  void start(const pipeline::LogBatch& batch);
  // The members of a row, valid until the next call; null where the line has to stay as it is,
  // because no parser has understood it or because there is nothing to write.
  const std::vector<Member>* members(const pipeline::LogBatch& batch, std::size_t row,
                                     pipeline::Arena& arena);

 private:
  // A planned field of one key.
  struct Top {
    pipeline::FieldSlot slot;
    std::string name;
    std::uint64_t row = 0;  // the latest that it was written for
  };
  // A planned field below a member, such as `a.b`.
  struct Nested {
    pipeline::FieldSlot slot;
    pipeline::Path path;
    std::string top;
    std::string flat;  // `a.b`: the literal key that may hold it
    std::uint64_t row = 0;
    std::optional<pipeline::JsonExtractor> original;  // finds it below its member
  };
  struct Other {
    std::uint32_t column;
    std::uint64_t row = 0;
  };

  void compile();
  void add(const pipeline::LogBatch& batch, std::size_t row, std::string_view name,
           pipeline::Value value, pipeline::Arena& arena);
  void add_old_members(const pipeline::LogBatch& batch, std::size_t row, pipeline::Arena& arena);
  void add_new_members(const pipeline::LogBatch& batch, std::size_t row, pipeline::Arena& arena);
  Top* top(std::string_view name);
  Nested* flat(std::string_view name);
  Other* other(const pipeline::LogBatch& batch, std::string_view name);
  pipeline::Value current(const pipeline::LogBatch& batch, pipeline::FieldSlot slot,
                          std::size_t row) const {
    return batch.field_at(slot, row);
  }

  const pipeline::FieldPlan& plan_;
  bool ready_ = false;
  pipeline::FieldSlot error_ = pipeline::kNoField;
  pipeline::FieldSlot parsed_ = pipeline::kNoField;
  std::vector<Top> tops_;
  std::vector<Nested> nested_;
  std::vector<Other> others_;  // of the batch in hand, by name
  std::uint64_t row_ = 0;      // counts rows; never 0 in use
  bool parsed_row_ = false;    // all members of the row's line became columns
  std::vector<pipeline::JsonPart> parts_;
  std::vector<pipeline::JsonPart> rest_;
  std::vector<Member> members_;
  std::string patched_;
  std::string patching_;
};

// `{"a":1,"b":"x"}`
void write_json(std::string& out, const std::vector<Member>& members);
// `a=1 b="x y"`: a value with a space, a quote, `=` or a control character is quoted as JSON is;
// such characters in a name become '_'.
void write_logfmt(std::string& out, const std::vector<Member>& members);

}  // namespace plugins::transforms::encode
