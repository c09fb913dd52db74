#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/model/batch_frame.h"

namespace pipeline {

using TraceId = std::array<std::uint8_t, 16>;

// Spans that travel together: columns over the OTLP bytes as they came. One thread at a time.
class SpanBatch {
 public:
  BatchFrame frame;

  std::vector<TraceId> trace_id;
  std::vector<UnixNanos> start;                 // ns, UTC
  std::vector<std::int64_t> duration;           // ns
  std::vector<std::string_view> bytes;          // the encoded Span message, without tag and length
  std::vector<std::uint32_t> scope;             // index into scopes
  // Encoded Resource and InstrumentationScope that a span belongs to, as they came.
  struct Scope {
    std::string_view resource;
    std::string_view scope;
  };
  std::vector<Scope> scopes;

  std::size_t rows() const noexcept { return bytes.size(); }
  void append(const TraceId& trace, UnixNanos began, std::int64_t lasted, std::string_view encoded,
              std::uint32_t scope_index) {
    trace_id.push_back(trace);
    start.push_back(began);
    duration.push_back(lasted);
    bytes.push_back(encoded);
    scope.push_back(scope_index);
  }
  // As LogBatch::branch().
  std::unique_ptr<SpanBatch> branch() {
    auto copy = std::make_unique<SpanBatch>();
    frame.share_into(copy->frame);
    copy->trace_id = trace_id;
    copy->start = start;
    copy->duration = duration;
    copy->bytes = bytes;
    copy->scope = scope;
    copy->scopes = scopes;
    return copy;
  }
  void clear() noexcept {
    frame.clear();
    trace_id.clear();
    start.clear();
    duration.clear();
    bytes.clear();
    scope.clear();
    scopes.clear();
  }
};

}  // namespace pipeline
