#include "pipeline/flow/link.h"

#include <fmt/format.h>

#include "pipeline/net/auth.h"
#include "pipeline/net/http_client.h"

namespace pipeline {
namespace {

constexpr std::size_t kResponseMax = 64 * 1024;

// A connection of one worker to the sink's HTTP target. Secrets are looked at for each request, so
// that a rotated token is used at once.
class HttpLink final : public Link {
 public:
  HttpLink(Sink& sink, HttpTarget target, std::unique_ptr<HttpClient> client)
      : sink_(sink), target_(std::move(target)), client_(std::move(client)) {}

  Task<Result<Response>> send(const Encoded& what, const std::string& payload, Instant deadline) override {
    HttpRequest request;
    request.method = "POST";
    for (auto& [name, value] : sink_.headers(what)) request.headers.add(std::move(name), std::move(value));
    for (const auto& [name, value] : target_.headers) request.headers.set(name, value.reveal());
    if (target_.auth.bearer) {
      request.headers.set("Authorization", bearer_auth(target_.auth.bearer->reveal()));
    } else if (target_.auth.basic) {
      request.headers.set("Authorization", basic_auth(target_.auth.basic->username,
                                                        target_.auth.basic->password.reveal()));
    }
    const std::string prefix = sink_.frame_prefix(what, payload);
    if (!prefix.empty()) request.pieces.push_back(prefix);
    request.pieces.push_back(payload);
    Task<Result<HttpResponse>> sending = client_->send(std::move(request), deadline);
    Result<HttpResponse> answered = co_await std::move(sending);
    if (!answered) co_return std::unexpected(answered.error());
    if (answered->status == 401) refresh_secrets();
    Response response;
    response.status = answered->status;
    response.headers = std::move(answered->headers).release();
    response.body = std::move(answered->body);
    if (response.body.size() > kResponseMax) response.body.resize(kResponseMax);
    co_return response;
  }

 private:
  // A token file may have been rotated within the granularity of its time.
  void refresh_secrets() const {
    if (target_.auth.bearer) [[maybe_unused]] const Result<> read = target_.auth.bearer->refresh();
    if (target_.auth.basic) [[maybe_unused]] const Result<> read = target_.auth.basic->password.refresh();
  }

  Sink& sink_;
  HttpTarget target_;
  std::unique_ptr<HttpClient> client_;
};

class TransportLink final : public Link {
 public:
  TransportLink(std::shared_ptr<Transport> transport, Compression compression)
      : transport_(std::move(transport)), compression_(compression) {}

  Task<Result<Response>> send(const Encoded& what, const std::string& payload, Instant deadline) override {
    Encoded whole = what;
    whole.body = payload;
    Task<Result<Response>> sending = transport_->send(whole, deadline);
    co_return co_await std::move(sending);
  }

 private:
  std::shared_ptr<Transport> transport_;
  Compression compression_;
};

}  // namespace

LinkMaker make_link_maker(Clock&, Log& log) {
  return [&log](Sink& sink, const Executor& executor) -> Result<std::unique_ptr<Link>> {
    std::variant<HttpTarget, std::shared_ptr<Transport>> destination = sink.destination();
    if (auto* transport = std::get_if<std::shared_ptr<Transport>>(&destination))
      return std::make_unique<TransportLink>(std::move(*transport), sink.compression());
    HttpTarget& target = std::get<HttpTarget>(destination);
    Result<Url> url = Url::parse(target.url);
    if (!url) return std::unexpected(url.error());
    HttpClientOptions options;
    options.url = std::move(*url);
    options.tls = {target.tls.ca_file, target.tls.cert_file, target.tls.key_file, target.tls.server_name,
                   target.tls.insecure_skip_verify};
    options.proxy = target.proxy;
    options.max_idle_connections = 1;
    options.user_agent = "sluice/" SLUICE_VERSION;
    options.on_warning = [&log](std::string_view text) { log.warn("net", text); };
    Result<std::unique_ptr<HttpClient>> client = make_http_client(executor, std::move(options));
    if (!client) return std::unexpected(client.error());
    return std::make_unique<HttpLink>(sink, std::move(target), std::move(*client));
  };
}

}  // namespace pipeline
