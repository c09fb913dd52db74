#include "pipeline/model/log_batch.h"

#include <algorithm>

namespace pipeline {

Column& LogBatch::unplanned_for_write(std::string_view name) {
  for (NamedColumn& column : unplanned_)
    if (column.name == name) return column.values;
  unplanned_.push_back({frame.arena.copy(name), Column(rows())});
  return unplanned_.back().values;
}

std::vector<std::string_view>& LogBatch::metadata_for_write(std::string_view name) {
  for (MetadataColumn& column : metadata_)
    if (column.name == name) return column.values;
  metadata_.push_back({frame.arena.copy(name), std::vector<std::string_view>(rows())});
  return metadata_.back().values;
}

const LogBatch::MetadataColumn* LogBatch::find_metadata(std::string_view name) const noexcept {
  for (const MetadataColumn& column : metadata_)
    if (column.name == name) return &column;
  return nullptr;
}

std::uint32_t LogBatch::label_index(const LabelSetRef& set) {
  for (std::size_t i = 0; i < label_sets.size(); ++i)
    if (label_sets[i] == set) return static_cast<std::uint32_t>(i);
  label_sets.push_back(set);
  return static_cast<std::uint32_t>(label_sets.size() - 1);
}

const Part& LogBatch::part_of(std::size_t row) const noexcept {
  const auto after = std::upper_bound(
      frame.parts.begin(), frame.parts.end(), row,
      [](std::size_t r, const Part& part) { return r < part.first_row; });
  return *std::prev(after);
}

std::unique_ptr<LogBatch> LogBatch::branch() {
  auto copy = std::make_unique<LogBatch>();
  frame.share_into(copy->frame);
  copy->body = body;
  copy->time = time;
  copy->offset = offset;
  copy->labels = labels;
  copy->label_sets = label_sets;
  copy->tenant = tenant;
  copy->fields_ = fields_;
  copy->unplanned_ = unplanned_;
  copy->metadata_ = metadata_;
  return copy;
}

void LogBatch::clear() noexcept {
  frame.clear();
  body.clear();
  time.clear();
  offset.clear();
  labels.clear();
  label_sets.clear();
  tenant.clear();
  for (Column& column : fields_) column.clear();
  unplanned_.clear();
  metadata_.clear();
}

std::size_t LogBatch::footprint() const noexcept {
  std::size_t bytes = frame.arena.footprint() + body.capacity() * sizeof(std::string_view) +
                      time.capacity() * sizeof(UnixNanos) +
                      (offset.capacity() + labels.capacity()) * sizeof(std::uint32_t) +
                      tenant.capacity() * sizeof(std::string_view);
  for (const Column& column : fields_) bytes += column.capacity() * sizeof(Value);
  for (const NamedColumn& column : unplanned_) bytes += column.values.capacity() * sizeof(Value);
  for (const MetadataColumn& column : metadata_)
    bytes += column.values.capacity() * sizeof(std::string_view);
  return bytes;
}

}  // namespace pipeline
