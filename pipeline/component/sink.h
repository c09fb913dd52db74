#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/base/result.h"
#include "pipeline/base/task.h"
#include "pipeline/component/context.h"
#include "pipeline/component/http_target.h"
#include "pipeline/component/request.h"
#include "pipeline/model/batch.h"

namespace pipeline {

// Rows that an encoder did not take because the receiver would refuse them.
struct Refused {
  std::string_view reason;  // of contract 5's list: rejected, too_long, too_old
  std::uint64_t records = 0;
};

// Turns rows into request bodies. One instance per (lane, shard); one thread at a time; copies what
// it needs, so that a batch can be freed as soon as append() has taken its rows.
template <class B>
class EncoderOf {
 public:
  virtual ~EncoderOf() = default;

  // Encodes the live rows of [begin, end), stopping after the row that brings bytes() to
  // `limit_bytes`. Returns the row to go on with: `end` when all were taken. Takes at least one row.
  // `live` is not always batch.frame.live: an edge has its own.
  virtual std::size_t append(const B& batch, const Selection& live, std::size_t begin,
                             std::size_t end, std::size_t limit_bytes) = 0;
  // Encoded size so far, before compression.
  virtual std::size_t bytes() const = 0;
  virtual std::uint64_t records() const = 0;
  // What was appended since the last call, as one request per tenant; empty when nothing was.
  // Memory of buffers is kept for the next round.
  virtual std::vector<Encoded> finish() = 0;

  // Rows refused before they were encoded, because the receiver would refuse them (a line too long,
  // no label): taken and reset by the engine after each append(), counted as lost by reason.
  virtual std::vector<Refused> take_refused() { return {}; }
};

using AnyEncoder = std::variant<std::unique_ptr<EncoderOf<LogBatch>>, std::unique_ptr<EncoderOf<MetricBatch>>,
                                std::unique_ptr<EncoderOf<SpanBatch>>>;

// Takes one request to its destination, once. For sinks that are not HTTP. send() may be called from
// several strands at once.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<Result<Response>> send(const Encoded& request, Instant deadline) = 0;
  // Makes durable or visible what was sent; at shutdown and before a reload swaps the sink.
  virtual void close() {}
};

// One destination: how rows become requests, and what answers mean. Makes no decision about time:
// retries, timeouts, concurrency, compression and acks are the engine's.
class Sink {
 public:
  virtual ~Sink() = default;

  // An encoder for a lane's shard; the alternative of `signal`. `fields` is fixed by now.
  virtual AnyEncoder make_encoder(Signal signal, const FieldPlan& fields) = 0;
  // Says what the encoders read. Called while the plan is made.
  virtual void demand(FieldPlan& fields) = 0;

  // Where requests go: an HTTP target that the engine connects to, or a transport of the sink's own.
  virtual std::variant<HttpTarget, std::shared_ptr<Transport>> destination() = 0;
  // Headers of one request (tenant, content type). HTTP sinks only.
  virtual std::vector<std::pair<std::string, std::string>> headers(const Encoded& request) const = 0;
  virtual Compression compression() const = 0;
  // Bytes that go in front of `payload`, where the format wants a frame around a body that is not
  // compressed (a snappy literal's tag). HTTP sinks only.
  virtual std::string frame_prefix(const Encoded& request, std::string_view payload) const {
    static_cast<void>(request);
    static_cast<void>(payload);
    return {};
  }

  virtual Classification classify(const Response& response) const = 0;

  // Two requests with all rows of `request` between them, in order; nullopt for a single record.
  virtual std::optional<std::pair<Encoded, Encoded>> split(const Encoded& request) const = 0;
  // The rows that the answer names as the culprits, and the rest; nullopt when it names none.
  virtual std::optional<std::pair<Encoded, Encoded>> isolate(const Encoded& request,
                                                             const Response& response) const {
    static_cast<void>(request);
    static_cast<void>(response);
    return std::nullopt;
  }
  // A few words that identify the only record of a request, for the log: stream, first 100 bytes.
  virtual std::string describe(const Encoded& request) const = 0;

  // Orders requests: rows with equal keys keep their order. By default one key per encoder.
  // Fills one hash per row; called only when a lane has more than one shard.
  virtual void order_keys(const Batch& batch, std::vector<std::uint64_t>& keys) const {
    keys.assign(rows_of(batch), 0);
  }
};

// What the engine must know of every sink before it exists. The options of the same names.
struct DeliveryOptions {
  std::uint64_t batch_bytes = 1024 * 1024;  // encoded, before compression
  Nanoseconds batch_age = std::chrono::seconds(1);
  std::uint64_t batch_records = 0;          // 0: no limit
  std::uint64_t queue_memory = 8 * 1024 * 1024;
  std::string queue_when_full = "block";
  Nanoseconds timeout = std::chrono::seconds(30);
  Nanoseconds retry_initial = std::chrono::milliseconds(500);
  Nanoseconds retry_max = std::chrono::seconds(30);
  std::uint64_t bisect_requests = 64;       // extra requests per 1,000 records of a refused one
  std::uint32_t shards = 0;                 // per lane; 0: the engine chooses
};

}  // namespace pipeline
