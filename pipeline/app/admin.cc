#include "pipeline/app/admin.h"

#include <fmt/format.h>

#include "pipeline/app/agent.h"
#include "pipeline/codec/json_write.h"
#include "pipeline/net/auth.h"
#include "pipeline/net/http_server.h"

namespace pipeline {
namespace {

// The data loop beats every two seconds; missing this many means that it is stuck.
constexpr std::chrono::seconds kStuckAfter{30};
constexpr std::chrono::seconds kStopWithin{2};

HttpResponse json_response(int status, std::string body) {
  HttpResponse response = text_response(status, std::move(body));
  response.headers.set("Content-Type", "application/json");
  return response;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

HttpResponse healthy(Agent& agent) {
  const bool turns = agent.runtime().is_turning(kStuckAfter);
  return json_response(turns ? 200 : 503,
                       turns ? "{\"healthy\": true}\n" : "{\"healthy\": false, \"reason\": \"the event loop is stuck\"}\n");
}

HttpResponse ready(Agent& agent) {
  const std::string reason = agent.ready_reason();
  return json_response(reason.empty() ? 200 : 503,
                       fmt::format("{{\"ready\": {}, \"reason\": {}}}\n", reason.empty(),
                                   quoted(reason.empty() ? "running" : reason)));
}

HttpResponse metrics(Agent& agent) {
  HttpResponse response = text_response(200, agent.meters().page());
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

HttpResponse components(Agent& agent) {
  std::string body = fmt::format("{{\"generation\": {}, \"components\": [", agent.topology().generation());
  bool is_first = true;
  for (const Topology::Look& look : agent.topology().look()) {
    body += fmt::format("{}\n  {{\"id\": {}, \"type\": {}, \"state\": {}, \"pending_records\": {}, "
                        "\"pending_bytes\": {}, \"lag_seconds\": {:.3f}, \"last_error\": {}, \"sentence\": {}}}",
                        is_first ? "" : ",", quoted(look.id), quoted(look.type), quoted(look.state), look.pending,
                        look.pending_bytes, look.lag_seconds, quoted(look.last_error), quoted(look.sentence));
    is_first = false;
  }
  return json_response(200, body + "\n]}\n");
}

}  // namespace

struct AdminServers::Impl {
  Agent& agent;
  AgentOptions options;
  Log& log;
  std::unique_ptr<HttpServer> open;
  std::unique_ptr<HttpServer> admin;

  Result<std::unique_ptr<HttpServer>> make(const std::string& address, const char* what);
  void add_public(HttpServer& server);
  void add_admin(HttpServer& server);
  bool is_allowed(const HttpRequest& request) const;
};

AdminServers::AdminServers(Agent& agent, const AgentOptions& options, Log& log)
    : impl_(new Impl{agent, options, log, nullptr, nullptr}) {}
AdminServers::~AdminServers() = default;

bool AdminServers::Impl::is_allowed(const HttpRequest& request) const {
  if (options.admin_token.empty()) return true;
  const auto given = request.headers.find("Authorization");
  return given && equal_secrets(*given, bearer_auth(options.admin_token));
}

Result<std::unique_ptr<HttpServer>> AdminServers::Impl::make(const std::string& address, const char* what) {
  Result<ListenAddress> parsed = ListenAddress::parse(address);
  if (!parsed) return std::unexpected(std::move(parsed.error()).during(what));
  HttpServerOptions server;
  server.listen = std::move(*parsed);
  server.on_warning = [this](std::string_view text) { log.warn("agent", text); };
  return std::make_unique<HttpServer>(agent.runtime().control(), std::move(server));
}

void AdminServers::Impl::add_public(HttpServer& server) {
  const auto route = [this](HttpResponse (*answer)(Agent&)) {
    return [this, answer](HttpRequest) -> Task<HttpResponse> { co_return answer(agent); };
  };
  server.add("GET", "/metrics", route(metrics));
  server.add("GET", "/-/healthy", route(healthy));
  server.add("GET", "/-/ready", route(ready));
}

void AdminServers::Impl::add_admin(HttpServer& server) {
  const auto guarded = [this](HttpResponse (*answer)(Agent&)) {
    return [this, answer](HttpRequest request) -> Task<HttpResponse> {
      if (!is_allowed(request)) co_return text_response(401, "the admin token is missing or wrong\n");
      co_return answer(agent);
    };
  };
  server.add("GET", "/metrics", guarded(metrics));
  server.add("GET", "/-/healthy", guarded(healthy));
  server.add("GET", "/-/ready", guarded(ready));
  server.add("GET", "/api/v1/components", guarded(components));
  server.add("POST", "/-/reload", [this](HttpRequest request) -> Task<HttpResponse> {
    if (!is_allowed(request)) co_return text_response(401, "the admin token is missing or wrong\n");
    Task<Agent::ReloadAnswer> reloading = agent.reload();
    Agent::ReloadAnswer answer = co_await std::move(reloading);
    co_return json_response(answer.status, answer.body + "\n");
  });
}

Result<> AdminServers::start() {
  if (!impl_->options.listen.empty() && impl_->options.listen != "none") {
    auto made = impl_->make(impl_->options.listen, "agent.listen");
    if (!made) return std::unexpected(made.error());
    impl_->open = std::move(*made);
    impl_->add_public(*impl_->open);
    if (Result<> started = impl_->open->start(); !started)
      return std::unexpected(std::move(started.error()).during("agent.listen"));
    listen_address_ = impl_->open->local_address().to_string();
  }
  if (!impl_->options.admin.empty() && impl_->options.admin != "none") {
    auto made = impl_->make(impl_->options.admin, "agent.admin");
    if (!made) return std::unexpected(made.error());
    impl_->admin = std::move(*made);
    impl_->add_admin(*impl_->admin);
    if (Result<> started = impl_->admin->start(); !started)
      return std::unexpected(std::move(started.error()).during("agent.admin"));
    admin_address_ = impl_->admin->local_address().to_string();
  }
  return {};
}

Task<> AdminServers::stop() {
  const Instant deadline = Instant::clock::now() + kStopWithin;
  if (impl_->open) {
    Task<> stopping = impl_->open->stop(deadline);
    co_await std::move(stopping);
  }
  if (impl_->admin) {
    Task<> stopping = impl_->admin->stop(deadline);
    co_await std::move(stopping);
  }
}

}  // namespace pipeline
