#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "pipeline/codec/json_read.h"
#include "plugins/sources/loki/push_body.h"

namespace plugins::sources::loki {

using pipeline::Errc;
using pipeline::failure;
using pipeline::JsonReader;
using pipeline::Label;
using pipeline::LogBatch;
using pipeline::Result;

namespace {

std::unexpected<pipeline::Error> malformed(const JsonReader& reader, std::string_view what) {
  return failure(Errc::invalid_data, fmt::format("the JSON push is malformed at byte {}: {}", reader.offset(), what));
}

// {"name": "value", ...}
bool read_pairs(JsonReader& reader, std::vector<Label>& pairs) {
  if (!reader.begin_object()) return false;
  while (reader.next_member()) {
    Label pair;
    pair.name = reader.key();
    if (!reader.string(pair.value)) return false;
    pairs.push_back(std::move(pair));
  }
  return !reader.failed();
}

// ["<ns>", "line", {metadata}?]
bool read_value(JsonReader& reader, std::uint32_t labels, LogBatch& batch) {
  if (!reader.begin_array() || !reader.next_element()) return false;
  std::string text;
  if (!reader.string(text)) return false;
  std::int64_t time = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), time);
  if (code != std::errc{} || end != text.data() + text.size()) return false;
  if (!reader.next_element() || !reader.string(text)) return false;
  const std::size_t row = batch.rows();
  batch.append(batch.frame.arena.copy(text), time, static_cast<std::uint32_t>(row), labels);
  if (reader.next_element()) {
    std::vector<Label> metadata;
    if (!read_pairs(reader, metadata)) return false;
    for (const Label& pair : metadata) {
      auto& column = batch.metadata_for_write(pair.name);
      if (column.size() <= row) column.resize(row + 1);
      column[row] = batch.frame.arena.copy(pair.value);
    }
    if (reader.next_element()) return false;
  }
  return !reader.failed();
}

}  // namespace

Result<> decode_json(std::string_view body, LogBatch& batch) {
  JsonReader reader(body);
  if (!reader.begin_object()) return malformed(reader, "an object with `streams` is expected");
  while (reader.next_member()) {
    if (reader.key() != "streams") {
      reader.skip();
      continue;
    }
    if (!reader.begin_array()) return malformed(reader, "`streams` is not a list");
    while (reader.next_element()) {
      std::vector<Label> labels;
      bool has_labels = false;
      // Entries may come before their labels: they get an index that is filled in afterwards.
      const std::size_t first_row = batch.rows();
      if (!reader.begin_object()) return malformed(reader, "a stream is not an object");
      while (reader.next_member()) {
        if (reader.key() == "stream") {
          if (!read_pairs(reader, labels)) return malformed(reader, "`stream` is not a map of texts");
          has_labels = true;
        } else if (reader.key() == "values") {
          if (!reader.begin_array()) return malformed(reader, "`values` is not a list");
          while (reader.next_element())
            if (!read_value(reader, 0, batch)) return malformed(reader, "a value is not [\"<ns>\", \"line\", {...}?]");
        } else {
          reader.skip();
        }
      }
      if (reader.failed()) return malformed(reader, "not valid JSON");
      if (!has_labels || labels.empty()) return malformed(reader, "a stream without labels");
      for (const Label& label : labels)
        if (!pipeline::is_legal_label_name(label.name)) return malformed(reader, "an illegal label name");
      const std::uint32_t index = batch.label_index(pipeline::LabelSet::make(std::move(labels)));
      for (std::size_t row = first_row; row < batch.rows(); ++row) batch.labels[row] = index;
    }
  }
  if (!reader.at_end()) return malformed(reader, "not valid JSON");
  for (auto& column : batch.metadata()) column.values.resize(batch.rows());
  return {};
}

}  // namespace plugins::sources::loki
