// Receives Loki's push API, so that Sluice can stand behind other agents as an aggregate and, in the
// quickstart, for Loki itself.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <xxhash.h>

#include <atomic>

#include "pipeline/base/notifier.h"
#include "pipeline/codec/gzip.h"
#include "pipeline/codec/snappy.h"
#include "pipeline/component/registry.h"
#include "pipeline/net/http_server.h"
#include "plugins/sources/loki/push_body.h"

namespace plugins::sources::loki {
namespace {

using pipeline::Ack;
using pipeline::AckGroup;
using pipeline::Errc;
using pipeline::HttpRequest;
using pipeline::HttpRequestHead;
using pipeline::HttpResponse;
using pipeline::LogBatch;
using pipeline::Outcome;
using pipeline::Result;
using pipeline::Task;

// What an answer of 204 promises.
enum class AckMode : std::uint8_t { delivered, queued, accepted };

constexpr auto enum_names(AckMode) {
  return std::array{pipeline::EnumName{AckMode::delivered, "delivered"},
                    pipeline::EnumName{AckMode::queued, "queued"},
                    pipeline::EnumName{AckMode::accepted, "accepted"}};
}

struct ServerTls {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;
};

void describe_options(pipeline::Schema<ServerTls>& schema) {
  schema.field("cert_file", &ServerTls::cert_file, "PEM file of the certificate and its chain.", {.required = true})
      .field("key_file", &ServerTls::key_file, "PEM file of the private key.", {.required = true})
      .field("client_ca_file", &ServerTls::client_ca_file,
             "Clients must present a certificate signed by one of the authorities in this PEM file.");
}

struct Config {
  pipeline::Located<std::string> listen{"127.0.0.1:3100", {}};
  std::optional<ServerTls> tls;
  AckMode ack = AckMode::delivered;
  pipeline::Duration ack_timeout = std::chrono::seconds(10);
  pipeline::Size max_body{16ull << 20};
  pipeline::Size max_decompressed{64ull << 20};
  std::uint32_t max_connections = 256;
};

pipeline::Schema<Config> schema() {
  pipeline::Schema<Config> s("loki", "Receives logs by Loki's push API.");
  s.field("listen", &Config::listen, "Address to listen on: `host:port` or `unix:PATH`.");
  s.field("tls", &Config::tls, "Serve TLS.");
  s.field("ack", &Config::ack,
          "What an answer of 204 promises: every sink has delivered (`delivered`), a disk queue holds it "
          "(`queued`; without disk queues the same as `delivered`), or it is in memory (`accepted`, lost in a crash).");
  s.field("ack_timeout", &Config::ack_timeout,
          "How long a client waits for that at most; then it gets 503 with Retry-After and sends again.", {.min = std::chrono::milliseconds(1)});
  s.field("max_body", &Config::max_body, "Largest body as sent; more is 413.", {.min = 1});
  s.field("max_decompressed", &Config::max_decompressed, "Largest body after decompression; more is 413.", {.min = 1});
  s.field("max_connections", &Config::max_connections, "Connections at a time; more are answered 503.", {.min = 1});
  return s;
}

// Waits for the parts of one push.
struct PushAck final : pipeline::AckOwner {
  void settled(const AckGroup&, Outcome worst) noexcept override {
    outcome.store(static_cast<int>(worst), std::memory_order_release);
    done.notify();
  }
  static constexpr int kOpen = -1;
  std::atomic<int> outcome{kOpen};
  pipeline::Notifier done;
};

HttpResponse retry_later(std::string why) {
  HttpResponse response = pipeline::text_response(503, std::move(why) + "\n");
  response.headers.set("Retry-After", "1");
  return response;
}

class LokiSource final : public pipeline::Source {
 public:
  LokiSource(Config config, const pipeline::SourceContext& context)
      : config_(std::move(config)), context_(context), executor_(context.executor) {
    refused_ = context.meters.counter(context.scope, "sluice_source_refused_requests_total",
                                        "Pushes that were answered with an error.", {{"source", context.source}});
  }

  Task<Result<>> run(pipeline::Output& out) override {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    Result<pipeline::ListenAddress> address = pipeline::ListenAddress::parse(config_.listen.value);
    if (!address) co_return std::unexpected(address.error());
    pipeline::HttpServerOptions options;
    options.listen = std::move(*address);
    if (config_.tls) options.tls = {config_.tls->cert_file, config_.tls->key_file, config_.tls->client_ca_file};
    options.max_body = config_.max_body.bytes;
    options.max_connections = config_.max_connections;
    options.on_warning = [this](std::string_view text) { context_.log.warn(context_.id, text); };
    pipeline::HttpServer server(executor_, std::move(options));
    server.add("GET", "/ready", [](HttpRequest) -> Task<HttpResponse> { co_return pipeline::text_response(200, "ready\n"); });
    server.add(
        "POST", "/loki/api/v1/push",
        [this, &out](HttpRequest request) -> Task<HttpResponse> {
          // The output belongs to the source's strand; connections have strands of their own.
          Task<HttpResponse> taking = take(out, std::move(request));
          co_return co_await boost::asio::co_spawn(executor_, std::move(taking), boost::asio::use_awaitable);
        },
        [this, &out](const HttpRequestHead&) -> Task<bool> {
          Task<bool> asking = admit(out);
          co_return co_await boost::asio::co_spawn(executor_, std::move(asking), boost::asio::use_awaitable);
        });
    if (Result<> started = server.start(); !started) co_return started;
    for (;;) {
      const std::uint64_t seen = never_.epoch();
      Task<bool> asking = pipeline::is_cancelled();
      if (co_await std::move(asking)) break;
      Task<> waiting = never_.wait(seen);
      co_await std::move(waiting);
    }
    Task<> stopping = server.stop(context_.clock.now() + std::chrono::seconds(1));
    co_await std::move(stopping);
    co_return Result<>{};
  }

 private:
  // Before a body is read: while the pipeline is full the socket is left alone.
  Task<bool> admit(pipeline::Output& out) {
    const pipeline::Instant deadline = context_.clock.now() + std::chrono::duration_cast<pipeline::Instant::duration>(config_.ack_timeout);
    while (out.is_congested()) {
      if (context_.clock.now() >= deadline) co_return false;
      Task<> sleeping = context_.clock.sleep_for(kLookAgain);
      co_await std::move(sleeping);
    }
    co_return true;
  }

  Task<HttpResponse> take(pipeline::Output& out, HttpRequest request) {
    auto batch = std::make_unique<LogBatch>();
    if (HttpResponse refusal = decode(request, *batch); refusal.status != 200) {
      refused_.add(1);
      co_return refusal;
    }
    if (batch->rows() == 0) co_return pipeline::text_response(204, "");

    const auto rows = static_cast<std::uint32_t>(batch->rows());
    const std::string tenant(request.headers.find("X-Scope-OrgID").value_or(""));
    if (!tenant.empty()) batch->tenant.assign(rows, batch->frame.arena.copy(tenant));
    std::string peer = request.peer;
    if (const std::size_t colon = peer.rfind(':'); colon != std::string::npos) peer.resize(colon);
    auto partition = pipeline::PartitionRef(new pipeline::Partition(
        XXH3_64bits(peer.data(), peer.size()),
        {{"peer.address", peer}, {"source", context_.source}, {"host.name", context_.host_name}}));
    boost::intrusive_ptr<PushAck> waiting(new PushAck);
    pipeline::Part part;
    part.rows = rows;
    part.partition = partition;
    if (config_.ack != AckMode::accepted) part.ack = Ack(waiting, 0);
    batch->frame.parts.push_back(std::move(part));
    batch->frame.live.reset(rows);
    batch->frame.read_at = context_.clock.now();

    const std::size_t lane = out.lane_of(*partition);
    Task<Result<>> pushing = out.push(pipeline::Batch(std::move(batch)), lane);
    const Result<> pushed = co_await std::move(pushing);
    if (!pushed) co_return retry_later("shutting down");
    if (config_.ack == AckMode::accepted) co_return pipeline::text_response(204, "");

    const pipeline::Instant deadline = context_.clock.now() + std::chrono::duration_cast<pipeline::Instant::duration>(config_.ack_timeout);
    for (;;) {
      const std::uint64_t seen = waiting->done.epoch();
      const int outcome = waiting->outcome.load(std::memory_order_acquire);
      if (outcome == static_cast<int>(Outcome::failed)) co_return retry_later("not delivered");
      if (outcome != PushAck::kOpen) co_return pipeline::text_response(204, "");
      if (context_.clock.now() >= deadline) co_return retry_later("not delivered in time");
      Task<> settling = waiting->done.wait_until(seen, deadline, context_.clock);
      co_await std::move(settling);
      Task<bool> asking = pipeline::is_cancelled();
      if (co_await std::move(asking)) co_return retry_later("shutting down");
    }
  }

  // 200 when the batch holds the rows; else the answer for the client.
  HttpResponse decode(const HttpRequest& request, LogBatch& batch) {
    const std::string_view type = request.headers.find("Content-Type").value_or("");
    const std::string_view encoding = request.headers.find("Content-Encoding").value_or("");
    const std::size_t limit = config_.max_decompressed.bytes;
    const auto too_large = [](const std::string& why) { return pipeline::text_response(413, why + "\n"); };

    if (type.starts_with("application/json")) {
      std::string plain;
      std::string_view body = request.body;
      if (encoding == "gzip" || encoding == "deflate") {
        const Result<> done = encoding == "gzip" ? gzip_.decompress(request.body, limit, plain)
                                                 : gzip_.decompress_deflate(request.body, limit, plain);
        if (!done) return pipeline::text_response(400, done.error().message() + "\n");
        body = plain;
      } else if (!encoding.empty() && encoding != "identity") {
        return pipeline::text_response(415, fmt::format("Content-Encoding {} is not supported\n", encoding));
      }
      if (body.size() > limit) return too_large("the body is larger than max_decompressed");
      batch.frame.raw_bytes = body.size();
      if (const Result<> decoded = decode_json(body, batch); !decoded)
        return pipeline::text_response(400, decoded.error().message() + "\n");
      return pipeline::text_response(200, "");
    }
    if (!type.starts_with("application/x-protobuf"))
      return pipeline::text_response(415, "Content-Type must be application/x-protobuf or application/json\n");

    const Result<std::size_t> size = pipeline::snappy::decompressed_size(request.body, limit);
    if (!size) return too_large(size.error().message());
    batch.frame.chunks.push_back(pipeline::Chunk::allocate(*size));
    const std::span<char> space = batch.frame.chunks.back()->space();
    if (const Result<> done = pipeline::snappy::decompress_into(request.body, space); !done)
      return pipeline::text_response(400, done.error().message() + "\n");
    batch.frame.raw_bytes = *size;
    if (const Result<> decoded = decode_protobuf({space.data(), space.size()}, streams_, batch); !decoded)
      return pipeline::text_response(400, decoded.error().message() + "\n");
    return pipeline::text_response(200, "");
  }

  static constexpr std::chrono::milliseconds kLookAgain{5};
  Config config_;
  pipeline::SourceContext context_;
  pipeline::Executor executor_;
  pipeline::Counter refused_;
  StreamLabels streams_;
  pipeline::GzipDecompressor gzip_;
  pipeline::Notifier never_;
};

void describe(const Config& config, pipeline::Usage& usage) {
  usage.listens.push_back({config.listen.value, config.listen.where});
  // A push without labels is refused, so every record has one, whatever its name.
  usage.labels.push_back({"", true, config.listen.where});
}

Result<std::unique_ptr<pipeline::Source>> make(const Config& config, const pipeline::SourceContext& context) {
  Result<pipeline::ListenAddress> address = pipeline::ListenAddress::parse(config.listen.value);
  if (!address) return std::unexpected(address.error());
  return std::make_unique<LokiSource>(config, context);
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_source<Config>(schema(),
                              {.signals = {pipeline::Signal::logs}, .replayable = false, .names = {"peer.address"}},
                              describe, make);
}

}  // namespace plugins::sources::loki
