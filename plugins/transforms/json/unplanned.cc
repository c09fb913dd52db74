#include "plugins/transforms/json/unplanned.h"

#include <utility>

#include "pipeline/codec/json_write.h"

namespace plugins::transforms::json {

using pipeline::append_json_string;
using pipeline::canonical_name;
using pipeline::Column;
using pipeline::JsonMember;
using pipeline::kNoField;
using pipeline::LogBatch;
using pipeline::Path;
using pipeline::ValueType;

void Unplanned::start() {
  ++batch_;
  if (keys_.size() <= kMaxKnownKeys) return;
  keys_.clear();
  index_.clear();
  order_.clear();
}

Unplanned::Known& Unplanned::known(std::string_view key, std::size_t position) {
  // Records of one program have their keys in one order.
  if (position < order_.size() && keys_[order_[position]].key == key)
    return keys_[order_[position]];
  auto at = index_.find(key);
  if (at == index_.end()) {
    Path path{.steps = prefix_, .reserved = false};
    path.steps.push_back({.key = std::string(key), .index = 0, .is_index = false});
    Known made;
    made.key = key;
    const std::string name = canonical_name(path);
    made.planned = plan_.find(name) != kNoField;
    made.name = prefix_.empty() ? made.key : name;
    at = index_.emplace(made.key, static_cast<std::uint32_t>(keys_.size())).first;
    keys_.push_back(std::move(made));
  }
  if (position >= order_.size()) order_.resize(position + 1);
  order_[position] = at->second;
  return keys_[at->second];
}

Column* Unplanned::column(LogBatch& batch, Known& of) {
  auto& columns = batch.unplanned();
  if (of.batch != batch_) {
    std::size_t at = 0;
    while (at < columns.size() && columns[at].name != of.name) ++at;
    if (at == columns.size()) {
      if (columns.size() >= kMaxColumns) return nullptr;
      batch.unplanned_for_write(of.name);
    }
    of.batch = batch_;
    of.column = static_cast<std::uint32_t>(at);
  }
  Column& values = columns[of.column].values;
  if (values.empty()) values.resize(batch.rows());
  return &values;
}

void Unplanned::add(LogBatch& batch, std::size_t row, const std::vector<JsonMember>& members) {
  ++record_;
  rest_.clear();
  for (std::size_t i = 0; i < members.size(); ++i) {
    Known& key = known(members[i].key, i);
    if (key.planned || key.record == record_) continue;
    key.record = record_;
    if (Column* const values = column(batch, key)) {
      (*values)[row] = members[i].value;
    } else {
      overflow(members[i]);
    }
  }
  if (rest_.empty()) return;
  rest_ += '}';
  batch.unplanned_for_write(kOverflow)[row] = {ValueType::json, batch.frame.arena.copy(rest_)};
}

void Unplanned::overflow(const JsonMember& member) {
  rest_ += rest_.empty() ? '{' : ',';
  append_json_string(rest_, member.key);
  rest_ += ':';
  if (member.value.type() == ValueType::string) {
    append_json_string(rest_, member.value.text());
  } else {
    rest_ += member.value.type() == ValueType::null ? "null" : member.value.text();
  }
}

}  // namespace plugins::transforms::json
