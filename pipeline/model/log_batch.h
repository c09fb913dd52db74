#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/model/batch_frame.h"
#include "pipeline/model/field_plan.h"
#include "pipeline/model/labels.h"
#include "pipeline/model/value.h"

namespace pipeline {

// Log records that travel together, as columns. Rows are never moved: dropping one clears its bit
// in frame.live. Every view points into frame.chunks or frame.arena.
//
// One thread at a time. Sources append rows; transforms change columns; encoders read.
class LogBatch {
 public:
  BatchFrame frame;

  std::vector<std::string_view> body;   // the line; changes only by set, encode and the like
  std::vector<UnixNanos> time;          // ns, UTC
  std::vector<std::uint32_t> offset;    // of the row within its part, from Part::begin
  std::vector<std::uint32_t> labels;    // index into label_sets
  std::vector<LabelSetRef> label_sets;  // this batch's dictionary, usually a handful
  std::vector<std::string_view> tenant; // empty: no row has one; "" in a row: that row has none

  std::size_t rows() const noexcept { return body.size(); }

  // Fixes the field columns to those of `plan`. Called once, before the first transform.
  void bind(const FieldPlan& plan) { fields_.resize(plan.size()); }

  // Appends a row; the caller fills other columns through them. Unique per row: (part, offset).
  void append(std::string_view line, UnixNanos when, std::uint32_t row_offset, std::uint32_t label_set) {
    body.push_back(line);
    time.push_back(when);
    offset.push_back(row_offset);
    labels.push_back(label_set);
  }

  // The column of a planned field; empty when no row has it.
  const Column& field(FieldSlot slot) const noexcept { return fields_[slot]; }
  // The same for writing: one value per row.
  Column& field_for_write(FieldSlot slot) {
    Column& column = fields_[slot];
    if (column.empty()) column.resize(rows());
    return column;
  }
  Value field_at(FieldSlot slot, std::size_t row) const noexcept {
    const Column& column = fields_[slot];
    return column.empty() ? Value{} : column[row];
  }
  void clear_field(FieldSlot slot) noexcept { fields_[slot].clear(); }

  // Fields that nobody named but somebody wants (FieldPlan::reads_all), in order of appearance.
  struct NamedColumn {
    std::string_view name;
    Column values;
  };
  std::vector<NamedColumn>& unplanned() noexcept { return unplanned_; }
  const std::vector<NamedColumn>& unplanned() const noexcept { return unplanned_; }
  // Finds or adds; `name` is copied into the arena when new.
  Column& unplanned_for_write(std::string_view name);

  // Structured metadata: one text per row, data() == nullptr where a row has none.
  struct MetadataColumn {
    std::string_view name;
    std::vector<std::string_view> values;
  };
  std::vector<MetadataColumn>& metadata() noexcept { return metadata_; }
  const std::vector<MetadataColumn>& metadata() const noexcept { return metadata_; }
  // Finds or adds; `name` is copied into the arena when new.
  std::vector<std::string_view>& metadata_for_write(std::string_view name);
  const MetadataColumn* find_metadata(std::string_view name) const noexcept;

  // The index of a label set in this batch's dictionary, added if new (compared by address).
  std::uint32_t label_index(const LabelSetRef& set);

  // The part that a row belongs to. Rows of one part are consecutive, so a loop over rows walks
  // frame.parts alongside instead.
  const Part& part_of(std::size_t row) const noexcept;

  // A batch with the same rows whose columns change on their own. Shares chunks, acks and the text
  // made so far; text that either side makes later is its own.
  std::unique_ptr<LogBatch> branch();

  // Ready for reuse: keeps the capacity of every column.
  void clear() noexcept;
  // Memory of columns and arena, without the chunks.
  std::size_t footprint() const noexcept;

 private:
  std::vector<Column> fields_;
  std::vector<NamedColumn> unplanned_;
  std::vector<MetadataColumn> metadata_;
};

}  // namespace pipeline
