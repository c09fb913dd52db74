#include <fmt/format.h>

#include "pipeline/codec/protobuf.h"
#include "plugins/sources/loki/push_body.h"

namespace plugins::sources::loki {

using pipeline::Errc;
using pipeline::failure;
using pipeline::Label;
using pipeline::LabelSetRef;
using pipeline::LogBatch;
using pipeline::Result;
using pipeline::UnixNanos;
using pipeline::protobuf::WireReader;

namespace {

std::unexpected<pipeline::Error> malformed() {
  return failure(Errc::invalid_data, "the body is not a valid PushRequest");
}

UnixNanos decode_timestamp(WireReader reader, bool& ok) {
  std::int64_t seconds = 0, nanos = 0;
  while (reader.next()) {
    if (reader.field() == 1) seconds = reader.int64();
    if (reader.field() == 2) nanos = reader.int64();
  }
  // Beyond these, nanoseconds do not fit.
  constexpr std::int64_t kSecondsMax = 9'223'372'035;
  ok = ok && !reader.failed() && seconds <= kSecondsMax && seconds >= -kSecondsMax && nanos >= 0 &&
       nanos < 1'000'000'000;
  return ok ? seconds * 1'000'000'000 + nanos : 0;
}

bool decode_entry(WireReader reader, std::uint32_t labels, LogBatch& batch) {
  const std::size_t row = batch.rows();
  batch.append({}, 0, static_cast<std::uint32_t>(row), labels);
  bool ok = true;
  while (reader.next()) {
    switch (reader.field()) {
      case 1: batch.time[row] = decode_timestamp(WireReader(reader.bytes()), ok); break;
      case 2: batch.body[row] = reader.bytes(); break;
      case 3: {
        WireReader pair(reader.bytes());
        std::string_view name, value;
        while (pair.next()) {
          if (pair.field() == 1) name = pair.bytes();
          if (pair.field() == 2) value = pair.bytes();
        }
        if (pair.failed()) return false;
        if (name.empty()) break;
        auto& column = batch.metadata_for_write(name);
        if (column.size() <= row) column.resize(row + 1);
        column[row] = value;
        break;
      }
      default: break;
    }
  }
  return ok && !reader.failed();
}

}  // namespace

Result<LabelSetRef> StreamLabels::of(std::string_view selector) {
  if (const auto found = known_.find(std::string(selector)); found != known_.end()) return found->second;
  Result<std::vector<Label>> labels = parse_selector(selector);
  if (!labels) return std::unexpected(labels.error());
  if (known_.size() >= kRemembered) known_.clear();
  LabelSetRef set = pipeline::LabelSet::make(std::move(*labels));
  known_.emplace(selector, set);
  return set;
}

Result<> decode_protobuf(std::string_view body, StreamLabels& streams, LogBatch& batch) {
  WireReader request(body);
  while (request.next()) {
    if (request.field() != 1) continue;
    const std::string_view stream = request.bytes();
    // Labels come before the entries on the wire of every known client, but need not.
    WireReader first(stream);
    std::string_view selector;
    while (first.next())
      if (first.field() == 1) selector = first.bytes();
    if (first.failed()) return malformed();
    Result<LabelSetRef> labels = streams.of(selector);
    if (!labels) return std::unexpected(labels.error());
    const std::uint32_t index = batch.label_index(*labels);
    WireReader entries(stream);
    while (entries.next()) {
      if (entries.field() != 2) continue;
      if (!decode_entry(WireReader(entries.bytes()), index, batch)) return malformed();
    }
  }
  if (request.failed()) return malformed();
  for (auto& column : batch.metadata()) column.values.resize(batch.rows());
  return {};
}

}  // namespace plugins::sources::loki
