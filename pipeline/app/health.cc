#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <memory>
#include <optional>

#include "pipeline/app/command.h"
#include "pipeline/config/units.h"
#include "pipeline/net/http_client.h"

namespace pipeline {
namespace {

struct HealthOptions {
  std::string agent = "127.0.0.1:8465";
  std::string timeout = "5s";
  bool is_ready = false;
};

// What listens, as a client writes it: host:port and :port are HTTP, unix:PATH stays.
std::string url_of(std::string address) {
  if (address.starts_with("unix:") || address.find("://") != std::string::npos) return address;
  if (address.starts_with(":")) address.insert(0, "127.0.0.1");
  return "http://" + address;
}

Task<> ask(HttpClient& client, std::string target, Instant deadline,
           std::optional<Result<HttpResponse>>& answer) {
  HttpRequest request;
  request.target = std::move(target);
  Task<Result<HttpResponse>> sending = client.send(std::move(request), deadline);
  answer = co_await std::move(sending);
}

int health(const HealthOptions& options) {
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) {
    fmt::print(stderr, "--timeout: '{}' is not a duration, such as 5s\n", options.timeout);
    return 2;
  }
  Result<Url> url = Url::parse(url_of(options.agent));
  if (!url) {
    fmt::print(stderr, "--agent: {}\n", url.error().message());
    return 2;
  }
  asio::io_context context(1);
  HttpClientOptions client_options;
  client_options.url = std::move(*url);
  Result<std::unique_ptr<HttpClient>> client =
      make_http_client(context.get_executor(), std::move(client_options));
  if (!client) {
    fmt::print(stderr, "{}\n", client.error().message());
    return 2;
  }
  std::optional<Result<HttpResponse>> answer;
  Task<> asking =
      ask(**client, options.is_ready ? "/-/ready" : "/-/healthy",
          Instant::clock::now() + std::chrono::duration_cast<Instant::duration>(*timeout), answer);
  asio::co_spawn(context, std::move(asking), asio::detached);
  while (!answer && context.run_one() > 0) {
  }
  if (!answer || !*answer) {
    fmt::print(stderr, "{}: {}\n", options.agent, answer ? answer->error().message() : "no answer");
    return 1;
  }
  const HttpResponse& response = **answer;
  std::string_view body = response.body;
  while (body.ends_with('\n')) body.remove_suffix(1);
  fmt::print("{}\n", body);
  return response.status == 200 ? 0 : 1;
}

}  // namespace

void add_health(CommandLine line) {
  CLI::App* command =
      line.app.add_subcommand("health", "Ask a running agent whether it is well; exit code 0 or 1");
  auto options = std::make_shared<HealthOptions>();
  command->add_option("--agent", options->agent, "Its listen address: host:port or unix:PATH")
      ->type_name("ADDRESS")
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "How long to wait")
      ->type_name("DURATION")
      ->capture_default_str();
  command->add_flag("--ready", options->is_ready, "Ask whether it has started (/-/ready) instead");
  command->callback([options, line] { line.exit_code = health(*options); });
}

}  // namespace pipeline
