#include "pipeline/net/http_client.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

#include "pipeline/net/auth.h"
#include "pipeline/net/http_connect.h"
#include "pipeline/net/http_wire.h"

namespace pipeline {
namespace {

// Informational answers before the real one; more is a peer gone mad.
constexpr int kInterimMax = 16;

// A connection and what is needed to use it again.
struct Kept {
  std::shared_ptr<Stream> stream;
  Instant made;
  Instant used;
};

// What a kept connection shows before it is used again: plain HTTP has nothing to say in between,
// TLS may have (session tickets).
bool looks_alive(Stream& stream) {
  char byte = 0;
  const auto size = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  return size > 0 && stream.has_tls();
}

bool means_closed(const IoError& error) {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe || error == asio::error::connection_aborted ||
         error == asio::error::not_connected || error == asio::ssl::error::stream_truncated ||
         error.category() == asio::error::get_ssl_category();
}

Result<> check_writable(const HttpRequest& request) {
  if (request.method.empty() || !is_field_safe(request.method) || !is_field_safe(request.target) ||
      request.method.find(' ') != std::string::npos ||
      request.target.find(' ') != std::string::npos) {
    return failure(Errc::invalid_data, "the request line would have a space or line break in it");
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || !is_field_safe(name) || !is_field_safe(value)) {
      return failure(Errc::invalid_data,
                     "header '" + (is_field_safe(name) ? name : "?") + "' has a line break in it");
    }
  }
  return {};
}

// Everything that outlives the client while a request is under way.
struct Origin {
  explicit Origin(std::shared_ptr<HttpConnector> made_by) : connector(std::move(made_by)) {
    const Url& url = connector->options().url;
    const std::string shown = url.without_userinfo();
    doing = "sending to " + shown.substr(0, shown.find('?'));  // some put a token into the query
    const std::size_t question = url.target.find('?');
    path = url.target.substr(0, question);
    if (question != std::string::npos) query = url.target.substr(question);
    if (!url.userinfo.empty()) {
      const std::size_t colon = std::min(url.userinfo.find(':'), url.userinfo.size());
      authorization = basic_auth(
          url.userinfo.substr(0, colon),
          std::string_view(url.userinfo).substr(std::min(colon + 1, url.userinfo.size())));
    }
  }

  std::shared_ptr<Stream> take_idle(Instant now, Instant& made);
  void give_back(Kept connection);
  std::string head_of(const HttpRequest& request, std::size_t body_size) const;

  const HttpClientOptions& options() const noexcept { return connector->options(); }

  std::shared_ptr<HttpConnector> connector;
  std::string doing;
  std::string path;
  std::string query;
  std::string authorization;
  std::vector<Kept> idle;  // the most recently used last; at most max_idle_connections
  bool closed = false;     // the client is gone: nothing is kept any more
};

std::shared_ptr<Stream> Origin::take_idle(Instant now, Instant& made) {
  while (!idle.empty()) {
    const Kept last = std::move(idle.back());
    idle.pop_back();
    if (now - last.used < options().idle_timeout &&
        now - last.made < options().max_connection_age && looks_alive(*last.stream)) {
      made = last.made;
      return last.stream;
    }
    last.stream->close();
  }
  return nullptr;
}

void Origin::give_back(Kept connection) {
  if (closed || options().max_idle_connections == 0) {
    connection.stream->close();
    return;
  }
  if (idle.size() >= options().max_idle_connections) {
    idle.front().stream->close();
    idle.erase(idle.begin());
  }
  idle.push_back(std::move(connection));
}

std::string Origin::head_of(const HttpRequest& request, std::size_t body_size) const {
  const Url& url = options().url;
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ");
  if (connector->uses_absolute_form()) head.append("http://").append(url.authority());
  if (request.target.empty()) {
    head.append(path).append(query);
  } else {
    // The base's path is a prefix: "/" and "/prefix/" must not double the slash.
    std::string_view prefix = path;
    if (prefix.ends_with('/') && request.target.starts_with('/')) prefix.remove_suffix(1);
    head.append(prefix).append(request.target);
    if (!query.empty()) {
      const bool has_query = request.target.find('?') != std::string::npos;
      head.append(has_query ? "&" : "?").append(query, 1);
    }
  }
  head.append(" HTTP/1.1\r\n");
  append_field(head, "Host", url.authority());
  if (!request.headers.contains("User-Agent"))
    append_field(head, "User-Agent", options().user_agent);
  if (!authorization.empty() && !request.headers.contains("Authorization")) {
    append_field(head, "Authorization", authorization);
  }
  if (connector->uses_absolute_form() && !connector->proxy_authorization().empty()) {
    append_field(head, "Proxy-Authorization", connector->proxy_authorization());
  }
  for (const auto& [name, value] : request.headers) {
    if (equal_ignoring_case(name, "Host") || equal_ignoring_case(name, "Content-Length") ||
        equal_ignoring_case(name, "Connection") || equal_ignoring_case(name, "Transfer-Encoding")) {
      continue;
    }
    append_field(head, name, value);
  }
  if (body_size > 0 || (request.method != "GET" && request.method != "HEAD")) {
    append_field(head, "Content-Length", fmt::format_int(body_size).c_str());
  }
  head.append("\r\n");
  return head;
}

struct Exchange {
  Result<HttpResponse> answer;
  bool stale = false;  // closed before the first byte of an answer
  bool reusable = false;
};

Task<Exchange> exchange(Origin& origin, Stream& stream, const HttpRequest& request) {
  std::vector<asio::const_buffer> pieces;
  pieces.reserve(request.pieces.size() + 2);
  std::size_t body_size = 0;
  const auto add = [&pieces, &body_size](std::string_view bytes) {
    body_size += bytes.size();
    if (!bytes.empty()) pieces.emplace_back(bytes.data(), bytes.size());
  };
  pieces.emplace_back();
  for (const std::string_view piece : request.pieces) add(piece);
  if (request.pieces.empty()) add(request.body);
  const std::string head = origin.head_of(request, body_size);
  pieces.front() = asio::buffer(head);

  Exchange result;
  IoError write_error;
  co_await stream.write_all(pieces, write_error);
  if (write_error && (stream.expired() || !means_closed(write_error))) {
    result.answer = std::unexpected(stream.describe(write_error, origin.doing));
    co_return result;
  }

  // Also after a write that failed: a server that refuses a body says why before it closes.
  const HttpClientOptions& options = origin.options();
  for (int interim = 0; interim < kInterimMax; ++interim) {
    ResponseParser parser(options.max_response_header, options.max_response_body);
    parser.skip(request.method == "HEAD");
    ReadFault fault = co_await read_head(stream, parser);
    const bool got_some = parser.got_some() || interim > 0;
    if (!fault && parser.status / 100 == 1 && parser.status != 101) continue;
    const bool needs_eof = !fault && parser.need_eof();
    if (!fault) fault = co_await read_body(stream, parser, BodyPace{});
    if (fault.kind == ReadFault::Kind::io) {
      result.stale = !got_some && !stream.expired() && means_closed(fault.error);
      const IoError& why = write_error && !got_some ? write_error : fault.error;
      result.answer = std::unexpected(stream.describe(why, origin.doing));
    } else if (fault) {
      result.answer = failure(Errc::invalid_data, fmt::format("{}: the answer is malformed: {}",
                                                              origin.doing, fault.error.message()));
      if (fault.kind != ReadFault::Kind::malformed) {
        const bool header = fault.kind == ReadFault::Kind::header_too_large;
        result.answer =
            failure(Errc::invalid_data,
                    fmt::format("{}: the answer's {} is larger than the limit of {} bytes",
                                origin.doing, header ? "header" : "body",
                                header ? options.max_response_header : options.max_response_body));
      }
    } else {
      result.reusable = !write_error && !needs_eof && parser.keep_alive() && parser.status != 101 &&
                        stream.buffer().size() == 0;
      HttpResponse response;
      response.status = parser.status;
      response.headers = std::move(parser.headers);
      response.body = std::move(parser.body);
      result.answer = std::move(response);
    }
    co_return result;
  }
  result.answer = failure(Errc::invalid_data, origin.doing + ": too many interim answers");
  co_return result;
}

Task<Result<HttpResponse>> send_once(std::shared_ptr<Origin> origin, HttpRequest request,
                                     Instant deadline) {
  if (auto writable = check_writable(request); !writable) {
    co_return std::unexpected(std::move(writable).error().during(origin->doing));
  }
  for (bool fresh = false;; fresh = true) {
    const Instant now = std::chrono::steady_clock::now();
    if (now >= deadline) co_return failure(Errc::timed_out, origin->doing + ": the time is over");
    Instant made = now;
    std::shared_ptr<Stream> stream = fresh ? nullptr : origin->take_idle(now, made);
    const bool reused = stream != nullptr;
    if (!reused) {
      auto connected = co_await origin->connector->connect(deadline);
      if (!connected) {
        co_return std::unexpected(std::move(connected).error().during(origin->doing));
      }
      stream = std::move(*connected);
    }
    StreamLease lease(stream);
    stream->set_deadline(deadline);
    Exchange result = co_await exchange(*origin, *stream, request);
    if (result.reusable && !stream->expired()) {
      stream->clear_deadline();
      origin->give_back({lease.release(), made, std::chrono::steady_clock::now()});
    }
    if (!result.answer && result.stale && reused) continue;
    co_return std::move(result.answer);
  }
}

class PooledHttpClient final : public HttpClient {
 public:
  explicit PooledHttpClient(std::shared_ptr<Origin> origin) : origin_(std::move(origin)) {}
  ~PooledHttpClient() override {
    origin_->closed = true;
    PooledHttpClient::close_idle();
  }

  Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline) override {
    const auto origin = origin_;
    const Executor& home = origin->connector->executor();
    const Executor here = co_await asio::this_coro::executor;
    if (here == home) co_return co_await send_once(origin, std::move(request), deadline);
    auto there =
        asio::co_spawn(home, send_once(origin, std::move(request), deadline), asio::use_awaitable);
    co_return co_await std::move(there);
  }

  void close_idle() override {
    for (auto& kept : origin_->idle) kept.stream->close();
    origin_->idle.clear();
  }

 private:
  std::shared_ptr<Origin> origin_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(Executor executor, HttpClientOptions options) {
  auto connector = HttpConnector::make(std::move(executor), std::move(options));
  if (!connector) return std::unexpected(std::move(connector).error());
  return std::make_unique<PooledHttpClient>(std::make_shared<Origin>(std::move(*connector)));
}

}  // namespace pipeline
