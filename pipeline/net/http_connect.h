#pragma once

// Private to pipeline/net: brings in OpenSSL.

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/result.h"
#include "pipeline/base/task.h"
#include "pipeline/net/http_client.h"
#include "pipeline/net/stream.h"
#include "pipeline/net/tls.h"

namespace pipeline {

// "example.com" matches itself and what is below it, "10.0.0.0/8" an address, "*" everything.
bool is_excluded_from_proxy(const std::string& host, const std::vector<std::string>& no_proxy);

// Makes connections that are ready for a request: name, address, proxy and TLS. One serial
// executor.
class HttpConnector : public std::enable_shared_from_this<HttpConnector> {
 public:
  static Result<std::shared_ptr<HttpConnector>> make(Executor executor, HttpClientOptions options);

  Task<Result<std::shared_ptr<Stream>>> connect(Instant deadline);

  const HttpClientOptions& options() const noexcept { return options_; }
  const Executor& executor() const noexcept { return executor_; }
  // Plain http through a proxy: the request line names the whole URL.
  bool uses_absolute_form() const noexcept {
    return proxy_ && options_.url.scheme == Url::Scheme::http;
  }
  // "" for none. A secret.
  const std::string& proxy_authorization() const noexcept { return proxy_authorization_; }

 private:
  using Addresses = std::vector<asio::ip::tcp::endpoint>;
  struct Lookup;

  HttpConnector(Executor executor, HttpClientOptions options);
  const Url& next_hop() const noexcept { return proxy_ ? *proxy_ : options_.url; }
  Task<Result<Addresses>> resolve(Instant deadline);
  void resolved(const IoError& error, Addresses found);
  // References outlive the tasks.
  Task<Result<std::shared_ptr<Stream>>> connect_to(Stream::Socket::endpoint_type address,
                                                   const std::string& name, Instant deadline);
  Task<Result<>> open_tunnel(Stream& stream);
  Task<Result<>> start_tls(Stream& stream);

  Executor executor_;
  HttpClientOptions options_;
  std::optional<Url> proxy_;
  std::string proxy_authorization_;
  std::unique_ptr<TlsContext> tls_;
  std::shared_ptr<asio::ip::tcp::resolver> resolver_;
  Addresses last_good_;  // the one that answered comes first
  bool resolving_fails_ = false;
};

}  // namespace pipeline
