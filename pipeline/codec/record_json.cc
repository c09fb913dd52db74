#include "pipeline/codec/record_json.h"

#include "pipeline/codec/json_write.h"
#include "pipeline/codec/time_parse.h"

namespace pipeline {
namespace {

void write_value(JsonWriter& json, const Value& value) {
  switch (value.type()) {
    case ValueType::missing:
    case ValueType::null:
      json.null();
      break;
    case ValueType::string:
      json.string(value.text());
      break;
    // As they stood in the line, which was valid JSON.
    case ValueType::number:
    case ValueType::boolean:
    case ValueType::json:
      json.raw(value.text());
      break;
  }
}

}  // namespace

void append_record_json(std::string& out, const LogBatch& batch, std::size_t row,
                        const FieldPlan* fields) {
  out += "{\"time\":\"";
  append_rfc3339(out, batch.time[row]);
  out += "\",\"labels\":";
  JsonWriter labels(out);
  labels.begin_object();
  for (const Label& label : batch.label_sets[batch.labels[row]]->labels())
    labels.key(label.name).string(label.value);
  labels.end_object();

  bool has_metadata = false;
  JsonWriter metadata(out);
  for (const LogBatch::MetadataColumn& column : batch.metadata()) {
    if (row >= column.values.size() || column.values[row].data() == nullptr) continue;
    if (!has_metadata) {
      has_metadata = true;
      out += ",\"metadata\":";
      metadata.begin_object();
    }
    metadata.key(column.name).string(column.values[row]);
  }
  if (has_metadata) metadata.end_object();

  if (!batch.tenant.empty() && !batch.tenant[row].empty()) {
    out += ",\"tenant\":";
    append_json_string(out, batch.tenant[row]);
  }
  if (fields != nullptr) {
    out += ",\"fields\":";
    JsonWriter values(out);
    values.begin_object();
    for (FieldSlot slot = 0; slot < fields->size(); ++slot) {
      const std::string& name = fields->name(slot);
      const Value value = batch.field_at(slot, row);
      if (value.is_missing() || name.starts_with('$')) continue;
      values.key(name);
      write_value(values, value);
    }
    for (const LogBatch::NamedColumn& column : batch.unplanned()) {
      if (row >= column.values.size() || column.values[row].is_missing()) continue;
      values.key(column.name);
      write_value(values, column.values[row]);
    }
    values.end_object();
  }
  out += ",\"line\":";
  append_json_string(out, batch.body[row]);
  out.push_back('}');
}

}  // namespace pipeline
