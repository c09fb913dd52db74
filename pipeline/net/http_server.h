#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/clock.h"
#include "pipeline/base/result.h"
#include "pipeline/base/task.h"
#include "pipeline/net/address.h"
#include "pipeline/net/http_message.h"

namespace pipeline {

// Files in PEM, reloaded as TlsClientOptions says.
struct TlsServerOptions {
  std::string cert_file;  // "" for no TLS
  std::string key_file;
  std::string client_ca_file;  // clients must present a certificate signed by one of these
};

struct HttpServerOptions {
  ListenAddress listen;
  TlsServerOptions tls;
  unsigned unix_mode = 0600;  // permissions of a unix socket

  std::size_t max_body = std::size_t{16} << 20;    // as sent, before decompression; more is 413
  std::size_t max_header = std::size_t{64} << 10;  // more is 431
  Milliseconds header_timeout{10'000};  // from the first byte (of TLS) to the last of the header
  Milliseconds body_grace{10'000};      // a body may be slow for this long ...
  std::size_t body_rate_min = 1024;     // ... and has to average this many bytes a second after it
  Milliseconds write_timeout{30'000};   // for one answer, or one piece of a streaming one
  Milliseconds idle_timeout{60'000};    // between requests
  std::size_t max_connections = 1024;   // more are answered 503 and closed
  Milliseconds retry_after{1'000};      // what a 503 of the server itself tells the client

  // Told about what goes on outside of any request: TLS files that cannot be reloaded, accept()
  // failing. From any thread of the executor. Never contains a secret.
  std::function<void(std::string_view)> on_warning;
};

// Answers HTTP/1.1 on one address. Each connection runs on a strand of its own over the executor.
//
// Add the routes, start(), and in the end await stop(); without it the destructor closes everything
// at once. Routes are called on the connection's strand and may run in parallel. A route that
// throws answers 500 and its connection is closed; std::exception is taken for a bug and its text
// goes to on_warning, not to the peer.
class HttpServer {
 public:
  using Route = std::function<Task<HttpResponse>(HttpRequest)>;
  // Awaited between header and body: the place to wait for memory, since nothing is read from the
  // socket meanwhile. False answers 503 with Retry-After and closes.
  using Admit = std::function<Task<bool>(const HttpRequestHead&)>;

  HttpServer(Executor executor, HttpServerOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // A path that ends in "/*" takes everything below it; the longest fitting route wins. GET also
  // answers HEAD. REQUIRES: not started yet.
  void add(std::string method, std::string path, Route route, Admit admit = {});

  // Binds and listens. unavailable if the address is taken; a unix socket that nobody listens on
  // any more is replaced. invalid_data if TLS files cannot be used.
  Result<> start();

  // With the port that the system chose, after start().
  ListenAddress local_address() const;

  // Takes no new connections, closes the idle ones, lets requests under way be answered, cancels
  // what is left at `deadline`. Returns when no connection is left.
  Task<> stop(Instant deadline);

  std::size_t connection_count() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pipeline
