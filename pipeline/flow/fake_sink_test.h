#pragma once

// A sink without a network for the tests of this layer: rows of any signal become lines of text.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pipeline/flow/link.h"

namespace pipeline::test {

inline std::string text_of(const LogBatch& batch, std::size_t row) { return std::string(batch.body[row]); }
inline std::string text_of(const MetricBatch& batch, std::size_t row) { return fmt::format("m{}", batch.value[row]); }
inline std::string text_of(const SpanBatch& batch, std::size_t row) { return std::string(batch.bytes[row]); }

template <class B>
class LineEncoder final : public EncoderOf<B> {
 public:
  std::size_t append(const B& batch, const Selection& live, std::size_t begin, std::size_t end,
                     std::size_t limit) override {
    for (std::size_t row = begin; row < end; ++row) {
      if (!live.test(row)) continue;
      body_ += text_of(batch, row) + "\n";
      ++records_;
      if (body_.size() >= limit) return row + 1;
    }
    return end;
  }
  std::size_t bytes() const override { return body_.size(); }
  std::uint64_t records() const override { return records_; }
  std::vector<Encoded> finish() override {
    if (records_ == 0) return {};
    std::vector<Encoded> out(1);
    out[0].body = std::exchange(body_, {});
    out[0].records = std::exchange(records_, 0);
    out[0].signal = kSignalOf<B>;
    return out;
  }

 private:
  std::string body_;
  std::uint64_t records_ = 0;
};

class LineSink final : public Sink {
 public:
  AnyEncoder make_encoder(Signal signal, const FieldPlan&) override {
    switch (signal) {
      case Signal::logs: return std::make_unique<LineEncoder<LogBatch>>();
      case Signal::metrics: return std::make_unique<LineEncoder<MetricBatch>>();
      case Signal::traces: break;
    }
    return std::make_unique<LineEncoder<SpanBatch>>();
  }
  void demand(FieldPlan&) override {}
  std::variant<HttpTarget, std::shared_ptr<Transport>> destination() override {
    return std::shared_ptr<Transport>(std::make_shared<Nowhere>());
  }
  std::vector<std::pair<std::string, std::string>> headers(const Encoded&) const override { return {}; }
  Compression compression() const override { return Compression::snappy; }
  Classification classify(const Response& response) const override {
    switch (response.status) {
      case 204: return {Verdict::delivered, {}, 0, ""};
      case 260: return {Verdict::blocked, {}, 0, "blocked"};
      case 400: return {Verdict::bisect, {}, 0, "400"};
      case 401: return {Verdict::alarm, {}, 0, "401"};
      case 413: return {Verdict::split, {}, 0, "413"};
      default: return {Verdict::retry, {}, 0, "retry"};
    }
  }
  std::optional<std::pair<Encoded, Encoded>> split(const Encoded& request) const override {
    if (request.records < 2) return std::nullopt;
    std::pair<Encoded, Encoded> halves{request, request};
    std::size_t cut = 0;
    for (std::uint64_t i = 0; i < request.records / 2; ++i) cut = request.body.find('\n', cut) + 1;
    halves.first.body = request.body.substr(0, cut);
    halves.first.records = request.records / 2;
    halves.second.body = request.body.substr(cut);
    halves.second.records = request.records - request.records / 2;
    return halves;
  }
  std::string describe(const Encoded& request) const override { return request.body; }

 private:
  struct Nowhere final : Transport {
    Task<Result<Response>> send(const Encoded&, Instant) override { co_return Response{}; }
  };
};

// The receiving side: what it answers is the test's business, what it took is kept.
struct Receiver {
  // Given the lines of a request, the status to answer; 0 breaks the connection, 1 stores and then
  // breaks it (the answer is lost).
  std::function<int(const std::vector<std::string>&)> answer;
  std::map<std::string, int> taken;
  std::uint64_t bytes = 0;
  std::uint64_t requests = 0;
};

}  // namespace pipeline::test
