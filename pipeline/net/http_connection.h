#pragma once

// Private to pipeline/net: brings in OpenSSL and Beast.

#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/net/http_routes.h"
#include "pipeline/net/http_server.h"
#include "pipeline/net/http_wire.h"
#include "pipeline/net/stream.h"

namespace pipeline {

// What the connections of a server share. Constant but for the flag.
struct HttpService {
  HttpServerOptions options;
  HttpRoutes routes;
  std::atomic<bool> stopping = false;
};

// One connection of a server, on a strand of its own: reads a request, asks the route, answers, and
// so on until one side has had enough.
class HttpConnection {
 public:
  HttpConnection(std::shared_ptr<HttpService> service, std::shared_ptr<Stream> stream,
                 std::string peer);

  // Ends when the connection is closed. REQUIRES: this outlives the task.
  Task<> serve(std::shared_ptr<asio::ssl::context> tls);
  // Refuses the connection, politely and quickly.
  Task<> refuse();

  // On the strand: closes it if nothing is being answered.
  void close_if_idle();
  // On the strand: ends it whatever it does.
  void cancel();
  asio::cancellation_slot slot() noexcept { return cancellation_.slot(); }
  Executor executor() { return stream_->socket().get_executor(); }

 private:
  enum class Next : std::uint8_t { keep, linger, close };

  Task<Next> serve_one();
  Task<Next> answer_fault(ReadFault fault);
  // `reason` outlives the task.
  Task<Next> answer_short(int status, std::string_view reason, bool keep);
  Task<Result<HttpResponse>> ask_route(const HttpRoutes::Entry& entry, HttpRequest request);
  Task<Next> write_response(HttpResponse response, bool is_head, bool is_1_0, bool keep);
  Task<Next> write_stream(HttpResponse response, bool is_1_0);
  Task<bool> write(std::string_view head, std::string_view body);
  void begin_head(const HttpResponse& response);

  std::shared_ptr<HttpService> service_;
  std::shared_ptr<Stream> stream_;
  std::string peer_;
  std::string head_;  // of the answer, reused
  asio::cancellation_signal cancellation_;
  bool idle_ = true;
};

}  // namespace pipeline
