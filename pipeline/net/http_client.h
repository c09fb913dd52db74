#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/base/result.h"
#include "pipeline/base/task.h"
#include "pipeline/net/http_message.h"
#include "pipeline/net/url.h"

namespace pipeline {

// Sends HTTP requests to one origin. An interface, so that a test can be the network.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Makes one attempt. An answer is an answer, whatever its status; redirects are not followed.
  //
  // unavailable   not connected, or the connection broke
  // timed_out     no whole answer by `deadline`: whether the peer acted is unknown
  // invalid_data  the answer is malformed or over a limit; or the request cannot be written down (a
  //               line break in a header)
  // cancelled     the calling coroutine was cancelled
  //
  // A request that did not end with a whole answer closes its connection.
  virtual Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline) = 0;

  // Closes the connections that no request is using.
  virtual void close_idle() {}
};

// Files in PEM. They are read again for a new connection when their modification time or what their
// symlink points to has changed; a pair that doesn't fit (yet) leaves the old one in use.
struct TlsClientOptions {
  std::string ca_file;    // whom to trust instead of the system's authorities
  std::string cert_file;  // with its chain; together with key_file
  std::string key_file;
  std::string server_name;  // whom to expect (and to name in SNI) instead of the URL's host
  bool insecure_skip_verify = false;
};

struct HttpClientOptions {
  Url url;  // requests go to its path followed by the request's target
  TlsClientOptions tls;
  // http://[user:password@]host:port; "" for none. https is tunnelled with CONNECT, http is sent in
  // absolute form, unix sockets are never proxied.
  std::string proxy;
  // Hosts reached without it: "example.com" (and what is below it), "10.0.0.0/8", "*".
  std::vector<std::string> no_proxy;
  std::string user_agent = "sluice";

  std::size_t max_response_body = std::size_t{1} << 20;
  std::size_t max_response_header = std::size_t{64} << 10;
  // For each address that the name resolves to, TLS included; the request's deadline holds as well.
  Milliseconds connect_timeout{5'000};
  // How long sent bytes may stay unacknowledged before the kernel gives the connection up.
  Milliseconds unacknowledged_timeout{30'000};

  std::size_t max_idle_connections = 4;
  Milliseconds idle_timeout{60'000};         // an older idle connection is not used again
  Milliseconds max_connection_age{600'000};  // so that DNS changes and new certificates arrive

  // Told once, on the executor, when reloading TLS files or resolving the name begins to fail while
  // what was known before stays in use. Never contains a secret.
  std::function<void(std::string_view)> on_warning;
};

// Connects when first needed, keeps connections alive and uses them again.
//
// Everything happens on `executor`, which runs one piece of work at a time: a strand, or the
// executor of an io_context with one thread. send() may be awaited from any coroutine; on another
// executor it costs two hops. Destroy the client on `executor` or after that has stopped; requests
// that are under way keep what they need.
//
// Stale connections: a kept connection may have been closed by the peer in the meantime. If it ends
// before one byte of the answer has arrived, the request is sent ONCE more, on a new connection.
// The peer could have processed the first one (it closed without an answer, so nobody knows); that
// is the at-least-once delivery that every push sink promises anyway. On a new connection nothing
// is sent twice.
//
// invalid_data if the options contradict each other or TLS files cannot be used.
Result<std::unique_ptr<HttpClient>> make_http_client(Executor executor, HttpClientOptions options);

}  // namespace pipeline
