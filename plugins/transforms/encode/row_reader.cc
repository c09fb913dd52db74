#include <algorithm>
#include <utility>

#include "plugins/transforms/encode/patch.h"
#include "plugins/transforms/encode/row_writer.h"

namespace plugins::transforms::encode {

using pipeline::Arena;
using pipeline::FieldSlot;
using pipeline::json_unescape;
using pipeline::JsonCheck;
using pipeline::JsonPart;
using pipeline::JsonPath;
using pipeline::kNoField;
using pipeline::LogBatch;
using pipeline::NameStep;
using pipeline::Path;
using pipeline::split_json;
using pipeline::split_path;
using pipeline::Value;
using pipeline::ValueType;

namespace {

// What the json transform keeps of members that would need too many columns.
constexpr std::string_view kRest = "$rest";

bool same(const Value& a, const Value& b) { return a.type() == b.type() && a.text() == b.text(); }

// A failed `timestamp` says nothing about whether the line was understood.
bool not_understood(const Value& error) {
  return error.has_text() && !error.text().starts_with("timestamp:");
}

}  // namespace

// Not in the constructor: the plan was not complete.
void RowReader::compile() {
  ready_ = true;
  error_ = plan_.find("$error");
  parsed_ = plan_.find("$parsed");
  for (FieldSlot slot = 0; slot < plan_.size(); ++slot) {
    Path path = split_path(plan_.name(slot));
    if (path.reserved) continue;
    if (path.steps.size() == 1) {
      tops_.push_back({.slot = slot, .name = path.steps[0].key});
      continue;
    }
    Nested nested{.slot = slot, .path = {}, .top = path.steps[0].key, .flat = "", .original = {}};
    JsonPath inner;
    for (std::size_t i = 0; i < path.steps.size(); ++i) {
      const NameStep& step = path.steps[i];
      if (i > 0) inner.push_back({.key = step.key, .index = step.index, .is_index = step.is_index});
      if (step.is_index) continue;
      if (i > 0) nested.flat += '.';
      nested.flat += step.key;
    }
    const bool all_keys = std::none_of(path.steps.begin(), path.steps.end(),
                                       [](const NameStep& step) { return step.is_index; });
    if (!all_keys) nested.flat = plan_.name(slot);
    if (!inner.front().is_index) {
      nested.original.emplace(std::vector<JsonPath>{std::move(inner)}, JsonCheck::prefix);
    }
    nested.path = std::move(path);
    nested_.push_back(std::move(nested));
  }
}

void RowReader::start(const LogBatch& batch) {
  if (!ready_) compile();
  const auto& columns = batch.unplanned();
  others_.clear();
  for (std::uint32_t i = 0; i < columns.size(); ++i) others_.push_back({.column = i});
  std::sort(others_.begin(), others_.end(), [&](const Other& a, const Other& b) {
    return columns[a.column].name < columns[b.column].name;
  });
}

RowReader::Top* RowReader::top(std::string_view name) {
  for (Top& known : tops_)
    if (known.name == name) return &known;
  return nullptr;
}

RowReader::Nested* RowReader::flat(std::string_view name) {
  for (Nested& known : nested_)
    if (known.flat == name) return &known;
  return nullptr;
}

RowReader::Other* RowReader::other(const LogBatch& batch, std::string_view name) {
  const auto& columns = batch.unplanned();
  const auto at = std::lower_bound(
      others_.begin(), others_.end(), name,
      [&](const Other& a, std::string_view wanted) { return columns[a.column].name < wanted; });
  return at != others_.end() && columns[at->column].name == name ? &*at : nullptr;
}

// Adds a member with the changes that were made below it.
void RowReader::add(const LogBatch& batch, std::size_t row, std::string_view name, Value value,
                    Arena& arena) {
  bool changed = false;
  for (Nested& nested : nested_) {
    if (nested.top != name || nested.row == row_) continue;
    const Value now = current(batch, nested.slot, row);
    const std::string_view json = changed                           ? std::string_view(patched_)
                                  : value.type() == ValueType::json ? value.text()
                                                                    : std::string_view();
    if (json.empty()) continue;  // no object: what was set below it is written flat
    nested.row = row_;
    // Without a parser that looked, a field without a value may well stand in the line.
    if (now.is_missing() && !parsed_row_) continue;
    if (nested.original) {
      Value before[1];
      nested.original->extract(json, before, arena);
      if (same(before[0], now)) continue;
    }
    patching_.clear();
    if (!append_patched(patching_, json, std::span(nested.path.steps).subspan(1), now)) {
      nested.row = 0;  // written flat
      continue;
    }
    std::swap(patched_, patching_);
    changed = true;
  }
  if (changed) value = {ValueType::json, arena.copy(patched_)};
  members_.push_back({name, value});
}

void RowReader::add_old_members(const LogBatch& batch, std::size_t row, Arena& arena) {
  for (const JsonPart& part : parts_) {
    const std::string_view name = json_unescape(part.key, arena);
    Value value;
    bool known = false;
    if (Top* const field = top(name)) {
      if (field->row == row_) continue;  // the first of equal keys wins
      field->row = row_;
      value = current(batch, field->slot, row);
      known = true;
    } else if (Other* const column = other(batch, name)) {
      if (column->row == row_) continue;
      column->row = row_;
      value = batch.unplanned()[column->column].values.empty()
                  ? Value{}
                  : batch.unplanned()[column->column].values[row];
      known = true;
    }
    if (Nested* const field = flat(name)) {
      // The literal key `a.b` holds the field unless an object `a` has one.
      const bool walked = std::any_of(parts_.begin(), parts_.end(), [&](const JsonPart& at) {
        return at.key == field->top && at.value.starts_with('{');
      });
      if (!walked) {
        if (field->row == row_) continue;
        field->row = row_;
        value = current(batch, field->slot, row);
        known = true;
      }
    }
    if (value.is_missing()) {
      // A parser made columns of all members, so that one without a value was removed, or stands
      // in kRest; elsewhere the line itself has it still.
      if (known && parsed_row_) continue;
      if (parsed_row_) {
        bool kept = false;
        for (const JsonPart& at : rest_) kept = kept || at.key == part.key;
        if (!kept) continue;
      }
      value = {part.value.starts_with('"') ? ValueType::string : ValueType::json, part.value};
      if (value.type() == ValueType::string)
        value = Value::string(json_unescape(part.value.substr(1, part.value.size() - 2), arena));
    }
    add(batch, row, name, value, arena);
  }
}

void RowReader::add_new_members(const LogBatch& batch, std::size_t row, Arena& arena) {
  for (Top& field : tops_) {
    if (field.row == row_) continue;
    const Value value = current(batch, field.slot, row);
    if (!value.is_missing()) add(batch, row, field.name, value, arena);
  }
  for (Nested& field : nested_) {
    if (field.row == row_) continue;
    const Value value = current(batch, field.slot, row);
    if (value.is_missing()) continue;
    const bool has_top = std::any_of(members_.begin(), members_.end(), [&](const Member& member) {
      return member.name == field.top;
    });
    patching_.clear();
    if (has_top ||
        !append_patched(patching_, "{}", std::span(field.path.steps).subspan(1), value)) {
      field.row = row_;
      members_.push_back({field.flat, value});
      continue;
    }
    // The object is new; add() puts the others below it.
    field.row = row_;
    add(batch, row, field.top, {ValueType::json, arena.copy(patching_)}, arena);
  }
  for (Other& column : others_) {
    if (column.row == row_) continue;
    const auto& named = batch.unplanned()[column.column];
    if (named.name.starts_with('$') || named.values.empty()) continue;
    const Value value = named.values[row];
    if (!value.is_missing()) add(batch, row, named.name, value, arena);
  }
}

const std::vector<Member>* RowReader::members(const LogBatch& batch, std::size_t row,
                                              Arena& arena) {
  ++row_;
  members_.clear();
  rest_.clear();
  const std::string_view body = batch.body[row];
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  const bool is_json =
      first != std::string_view::npos && body[first] == '{' && split_json(body, parts_);
  if (!is_json) parts_.clear();
  const Value error = error_ == kNoField ? Value{} : current(batch, error_, row);
  if (!is_json && not_understood(error)) return nullptr;
  parsed_row_ = parsed_ != kNoField && current(batch, parsed_, row).has_text();
  if (Other* const column = other(batch, kRest)) {
    const Value value = batch.unplanned()[column->column].values[row];
    if (value.has_text()) split_json(value.text(), rest_);
  }
  add_old_members(batch, row, arena);
  add_new_members(batch, row, arena);
  return members_.empty() && !is_json ? nullptr : &members_;
}

}  // namespace plugins::transforms::encode
