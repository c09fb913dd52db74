#include "plugins/sinks/loki/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "pipeline/base/bytes.h"
#include "pipeline/codec/protobuf.h"
#include "pipeline/codec/utf8.h"
#include "plugins/sinks/loki/push_wire.h"

namespace plugins::sinks::loki {

using pipeline::Encoded;
using pipeline::LogBatch;
using pipeline::Selection;
using pipeline::UnixNanos;
namespace pb = pipeline::protobuf;

namespace {

// Loki's defaults for one entry's structured metadata (max_structured_metadata_size and
// max_structured_metadata_entries_count): more would have the whole line refused.
constexpr std::size_t kMetadataBytesMax = 64 * 1024;
constexpr std::size_t kMetadataPairsMax = 128;

constexpr std::string_view kCutMark = "...[truncated]";

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

PushEncoder::PushEncoder(StreamRules rules, LineLimits limits, StreamGuard& guard,
                         EncoderCounters counters, const pipeline::Context& context)
    : streams_(std::move(rules), guard, context),
      limits_(limits),
      counters_(std::move(counters)),
      context_(context) {}

std::size_t PushEncoder::append(const LogBatch& batch, const Selection& live, std::size_t begin,
                                std::size_t end, std::size_t limit_bytes) {
  streams_.begin(batch, context_.clock.now());
  plan_metadata(batch);
  check_input(batch, begin, end, limit_bytes > bytes_ ? limit_bytes - bytes_ : 0);

  const bool is_time_bound = limits_.reject_older.count() > 0 || limits_.reject_newer.count() > 0;
  UnixNanos oldest = std::numeric_limits<UnixNanos>::min();
  UnixNanos newest = std::numeric_limits<UnixNanos>::max();
  if (is_time_bound) {
    const UnixNanos now = context_.clock.unix_now();
    if (limits_.reject_older.count() > 0) oldest = now - limits_.reject_older.count();
    if (limits_.reject_newer.count() > 0) newest = now + limits_.reject_newer.count();
  }

  for (std::size_t row = begin; row < end; ++row) {
    if (!live.test(row)) continue;
    std::string_view line = batch.body[row];
    const UnixNanos time = batch.time[row];
    if (time < oldest) {
      refuse("too_old");
      continue;
    }
    if (time > newest) {
      refuse("rejected");
      continue;
    }
    if (limits_.max_line > 0 && line.size() > limits_.max_line) {
      if (limits_.long_lines == LongLines::drop) {
        refuse("too_long");
        continue;
      }
      line = shorten(line);
    } else if (!is_valid_text(line)) {
      clean_line_.clear();
      pipeline::append_valid_utf8(clean_line_, line);
      line = clean_line_;
      counters_.sanitized.add_shared(1);
      if (limits_.max_line > 0 && line.size() > limits_.max_line) line = shorten(line);
    }
    const Route& route = streams_.find(batch, row);
    if (route.stream == nullptr) {
      refuse(route.refusal);
      continue;
    }
    put(*route.stream, route, line, time, row);
    if (bytes_ >= limit_bytes) return row + 1;
  }
  return end;
}

void PushEncoder::put(Stream& stream, const Route& route, std::string_view line, UnixNanos time,
                      std::size_t row) {
  const wire::Timestamp when = wire::timestamp(time);
  const auto seconds = static_cast<std::uint64_t>(when.seconds);
  const std::size_t time_size = pb::varint_field_size(wire::kTimeSeconds, seconds) +
                                pb::varint_field_size(wire::kTimeNanos, when.nanos);
  std::size_t entry_size = pb::bytes_field_size(wire::kEntryTime, time_size) +
                           pb::bytes_field_size(wire::kEntryLine, line.size());

  // Pairs of demoted labels come first and are encoded already.
  std::size_t metadata_size = route.metadata.size();
  if (!metadata_.empty()) {
    pairs_.clear();
    clean_values_.clear();
    for (const Metadata& column : metadata_) {
      const std::string_view value = (*column.values)[row];
      if (value.data() == nullptr) continue;
      const std::size_t size = pb::bytes_field_size(wire::kPairName, column.name.size()) +
                               pb::bytes_field_size(wire::kPairValue, value.size());
      if (pairs_.size() + route.metadata_pairs >= kMetadataPairsMax ||
          metadata_size + size > kMetadataBytesMax) {
        counters_.trimmed_metadata.add_shared(1);
        continue;
      }
      if (!is_valid_text(value)) [[unlikely]] {
        // Rare: the replacement must not move what earlier pairs of this row point to.
        clean_values_.reserve(kMetadataBytesMax * 3);
        const std::size_t at = clean_values_.size();
        pipeline::append_valid_utf8(clean_values_, value);
        const std::string_view clean = std::string_view(clean_values_).substr(at);
        counters_.sanitized.add_shared(1);
        const std::size_t clean_size = pb::bytes_field_size(wire::kPairName, column.name.size()) +
                                       pb::bytes_field_size(wire::kPairValue, clean.size());
        pairs_.push_back({column.name, clean, clean_size});
      } else {
        pairs_.push_back({column.name, value, size});
      }
      metadata_size += pb::bytes_field_size(wire::kEntryMetadata, pairs_.back().size);
    }
  }
  entry_size += metadata_size;

  const std::size_t size = pb::bytes_field_size(wire::kStreamEntry, entry_size);
  if (stream.records == 0) {
    streams_.active().push_back(&stream);
    stream.oldest = stream.newest = time;
    // Labels with tag and length, and the stream's own tag and length, which has at most 5 bytes.
    bytes_ += pb::bytes_field_size(wire::kStreamLabels, stream.labels.size()) + 6;
  }
  char* at = pipeline::extend(stream.entries, size);
  at = pb::put_bytes_header(at, wire::kStreamEntry, entry_size);
  at = pb::put_bytes_header(at, wire::kEntryTime, time_size);
  at = pb::put_varint_field(at, wire::kTimeSeconds, seconds);
  at = pb::put_varint_field(at, wire::kTimeNanos, when.nanos);
  at = pb::put_bytes_field(at, wire::kEntryLine, line);
  if (metadata_size > 0) {
    at = pb::put_raw(at, route.metadata);
    if (!metadata_.empty()) {
      for (const Pair& pair : pairs_) {
        at = pb::put_bytes_header(at, wire::kEntryMetadata, pair.size);
        at = pb::put_bytes_field(at, wire::kPairName, pair.name);
        at = pb::put_bytes_field(at, wire::kPairValue, pair.value);
      }
    }
  }
  ++stream.records;
  if (time < stream.oldest) stream.oldest = time;
  if (time > stream.newest) stream.newest = time;
  bytes_ += size;
  ++records_;
}

std::vector<Encoded> PushEncoder::finish() {
  std::vector<Encoded> requests;
  if (records_ == 0) return requests;
  // Streams in the order of their first record; a tenant's streams go into its one request.
  // Requests of one round are few, so that looking for the tenant is a short walk.
  std::vector<std::size_t> sizes;
  for (const Stream* stream : streams_.active()) {
    const std::size_t size =
        pb::bytes_field_size(wire::kStreamLabels, stream->labels.size()) + stream->entries.size();
    std::size_t i = 0;
    while (i < requests.size() && requests[i].tenant != stream->tenant) ++i;
    if (i == requests.size()) {
      requests.emplace_back();
      requests[i].tenant = stream->tenant;
      requests[i].oldest = stream->oldest;
      requests[i].newest = stream->newest;
      sizes.push_back(0);
    }
    sizes[i] += pb::bytes_field_size(wire::kRequestStream, size);
    requests[i].records += stream->records;
    requests[i].oldest = std::min(requests[i].oldest, stream->oldest);
    requests[i].newest = std::max(requests[i].newest, stream->newest);
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    char* at = pipeline::extend(requests[i].body, sizes[i]);
    for (const Stream* stream : streams_.active()) {
      if (stream->tenant != requests[i].tenant) continue;
      const std::size_t size =
          pb::bytes_field_size(wire::kStreamLabels, stream->labels.size()) + stream->entries.size();
      at = pb::put_bytes_header(at, wire::kRequestStream, size);
      at = pb::put_bytes_field(at, wire::kStreamLabels, stream->labels);
      at = pb::put_raw(at, stream->entries);
    }
  }
  streams_.settle();
  bytes_ = 0;
  records_ = 0;
  return requests;
}

std::vector<pipeline::Refused> PushEncoder::take_refused() { return std::exchange(refused_, {}); }

void PushEncoder::plan_metadata(const LogBatch& batch) {
  metadata_.clear();
  for (const LogBatch::MetadataColumn& column : batch.metadata()) {
    if (column.values.empty() || column.name.empty()) continue;
    metadata_.push_back({pipeline::legal_label_name(column.name), &column.values});
  }
}

void PushEncoder::check_input(const LogBatch& batch, std::size_t begin, std::size_t end,
                              std::size_t bytes_max) {
  valid_ = {};
  if (end - begin < 2) return;
  const char* first = batch.body[begin].data();
  const char* last = batch.body[end - 1].data() + batch.body[end - 1].size();
  const std::less<const char*> before;
  for (const pipeline::ChunkRef& chunk : batch.frame.chunks) {
    const char* chunk_end = chunk->data() + chunk->capacity();
    if (before(first, chunk->data()) || before(chunk_end, last) || !before(first, last)) continue;
    // One check of many lines costs a fraction of many checks; but what will not fit into this
    // request is checked again with the next one, so no more than twice what may fit is looked at.
    const auto size = static_cast<std::size_t>(last - first);
    if (size > 2 * bytes_max) return;
    const std::string_view run(first, size);
    if (pipeline::is_valid_utf8(run)) valid_ = run;
    return;
  }
}

bool PushEncoder::is_valid_text(std::string_view line) const noexcept {
  if (line.empty()) return true;
  const std::less_equal<const char*> not_after;
  const char* end = line.data() + line.size();
  const char* valid_end = valid_.data() + valid_.size();
  if (not_after(valid_.data(), line.data()) && not_after(end, valid_end)) {
    // A piece of valid text is valid unless it starts or ends within a character.
    return !is_continuation(line.front()) && (end == valid_end || !is_continuation(*end));
  }
  return pipeline::is_valid_utf8(line);
}

std::string_view PushEncoder::shorten(std::string_view line) {
  const auto max = static_cast<std::size_t>(limits_.max_line);
  std::string text;
  pipeline::append_valid_utf8(text, line.substr(0, std::min(line.size(), max)));
  const std::size_t mark = kCutMark.size() < max ? kCutMark.size() : 0;
  std::size_t keep = std::min(text.size(), max - mark);
  while (keep > 0 && keep < text.size() && is_continuation(text[keep])) --keep;
  text.resize(keep);
  if (mark > 0) text += kCutMark;
  clean_line_ = std::move(text);
  counters_.truncated.add_shared(1);
  return clean_line_;
}

void PushEncoder::refuse(std::string_view reason) {
  for (pipeline::Refused& refused : refused_) {
    if (refused.reason == reason) {
      ++refused.records;
      return;
    }
  }
  refused_.push_back({reason, 1});
}

}  // namespace plugins::sinks::loki
