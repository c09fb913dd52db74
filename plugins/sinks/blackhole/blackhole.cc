#include <memory>
#include <string>
#include <utility>

#include "pipeline/component/delivery_options.h"
#include "pipeline/component/registry.h"

namespace plugins::sinks::blackhole {

using pipeline::AnyEncoder;
using pipeline::Encoded;
using pipeline::FieldPlan;
using pipeline::Result;
using pipeline::Signal;
using pipeline::Sink;
using pipeline::SinkContext;

namespace {

struct Config {};

// What a sample or a span counts for, as nothing is encoded.
constexpr std::size_t kRecordBytes = 64;

template <class B>
class CountingEncoder final : public pipeline::EncoderOf<B> {
 public:
  std::size_t append(const B& batch, const pipeline::Selection& live, std::size_t begin,
                     std::size_t end, std::size_t limit_bytes) override {
    for (std::size_t row = begin; row < end; ++row) {
      if (!live.test(row)) continue;
      if constexpr (std::is_same_v<B, pipeline::LogBatch>) {
        const pipeline::UnixNanos time = batch.time[row];
        request_.oldest = request_.records == 0 ? time : std::min(request_.oldest, time);
        request_.newest = request_.records == 0 ? time : std::max(request_.newest, time);
        bytes_ += batch.body[row].size();
      } else {
        bytes_ += kRecordBytes;
      }
      ++request_.records;
      if (bytes_ >= limit_bytes) return row + 1;
    }
    return end;
  }
  std::size_t bytes() const override { return bytes_; }
  std::uint64_t records() const override { return request_.records; }
  std::vector<Encoded> finish() override {
    std::vector<Encoded> requests;
    if (request_.records > 0) {
      request_.signal = pipeline::kSignalOf<B>;
      requests.push_back(std::exchange(request_, {}));
    }
    bytes_ = 0;
    return requests;
  }

 private:
  Encoded request_;
  std::size_t bytes_ = 0;
};

class NowhereTransport final : public pipeline::Transport {
 public:
  pipeline::Task<Result<pipeline::Response>> send(const Encoded&, pipeline::Instant) override {
    co_return pipeline::Response{204, {}, {}};
  }
};

class BlackholeSink final : public Sink {
 public:
  AnyEncoder make_encoder(Signal signal, const FieldPlan&) override {
    switch (signal) {
      case Signal::metrics:
        return std::unique_ptr<pipeline::EncoderOf<pipeline::MetricBatch>>(
            std::make_unique<CountingEncoder<pipeline::MetricBatch>>());
      case Signal::traces:
        return std::unique_ptr<pipeline::EncoderOf<pipeline::SpanBatch>>(
            std::make_unique<CountingEncoder<pipeline::SpanBatch>>());
      case Signal::logs:
        break;
    }
    return std::unique_ptr<pipeline::EncoderOf<pipeline::LogBatch>>(
        std::make_unique<CountingEncoder<pipeline::LogBatch>>());
  }
  void demand(FieldPlan&) override {}
  std::variant<pipeline::HttpTarget, std::shared_ptr<pipeline::Transport>> destination() override {
    return std::shared_ptr<pipeline::Transport>(std::make_shared<NowhereTransport>());
  }
  std::vector<std::pair<std::string, std::string>> headers(const Encoded&) const override {
    return {};
  }
  pipeline::Compression compression() const override { return pipeline::Compression::none; }
  pipeline::Classification classify(const pipeline::Response&) const override {
    return {pipeline::Verdict::delivered, {}, 0, {}};
  }
  std::optional<std::pair<Encoded, Encoded>> split(const Encoded&) const override {
    return std::nullopt;
  }
  std::string describe(const Encoded&) const override { return {}; }
};

pipeline::DeliveryOptions delivery(const Config&) { return {}; }
void describe(const Config&, pipeline::Usage&) {}
Result<std::unique_ptr<Sink>> make(const Config&, const SinkContext&) {
  return std::make_unique<BlackholeSink>();
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_sink<Config>(
      pipeline::Schema<Config>("blackhole",
                               "Takes every record and keeps none; counts them as delivered."),
      {.signals = pipeline::Signals::all(), .always_takes = true, .transport_options = {}},
      delivery, describe, make);
}

}  // namespace plugins::sinks::blackhole
