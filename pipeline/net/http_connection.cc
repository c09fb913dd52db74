#include "pipeline/net/http_connection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <exception>

namespace pipeline {
namespace {

Instant now() { return std::chrono::steady_clock::now(); }

constexpr std::size_t kFirstRead = std::size_t{4} << 10;    // enough for nearly every request
constexpr std::size_t kIdleBuffer = std::size_t{16} << 10;  // what an idle connection may keep
// Of what is still coming in after an answer that ends the connection, so that the peer gets to
// read it.
constexpr Milliseconds kLingerTime{2'000};
constexpr std::size_t kLingerBytes = std::size_t{16} << 20;

// A streaming answer: every piece is a chunk, or goes out as it is to HTTP/1.0.
class ChunkWriter final : public BodyWriter {
 public:
  ChunkWriter(Stream& stream, const HttpService& service, bool chunked)
      : stream_(stream), service_(service), chunked_(chunked) {}

  Task<Result<>> write(std::string piece) override {
    if (piece.empty()) co_return Result<>{};  // an empty chunk would be the end
    if (service_.stopping) co_return failure(Errc::cancelled, "the server is being stopped");
    const std::string size = chunked_ ? fmt::format("{:x}\r\n", piece.size()) : std::string();
    const std::string_view end = chunked_ ? "\r\n" : "";
    const std::array<asio::const_buffer, 3> pieces{asio::buffer(size), asio::buffer(piece),
                                                   asio::const_buffer(end.data(), end.size())};
    stream_.set_deadline(now() + service_.options.write_timeout);
    IoError error;
    co_await stream_.write_all(pieces, error);
    failed_ = static_cast<bool>(error);
    if (failed_) co_return std::unexpected(stream_.describe(error, "writing to the peer"));
    stream_.clear_deadline();
    co_return Result<>{};
  }

  bool failed() const noexcept { return failed_; }

 private:
  Stream& stream_;
  const HttpService& service_;
  bool chunked_;
  bool failed_ = false;
};

bool expects_continue(const HttpHeaders& headers) {
  const auto expect = headers.find("Expect");
  return expect && equal_ignoring_case(*expect, "100-continue");
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpService> service, std::shared_ptr<Stream> stream,
                               std::string peer)
    : service_(std::move(service)), stream_(std::move(stream)), peer_(std::move(peer)) {}

void HttpConnection::close_if_idle() {
  if (idle_) stream_->close();
}

void HttpConnection::cancel() {
  cancellation_.emit(asio::cancellation_type::terminal);
  stream_->close();
}

Task<> HttpConnection::serve(std::shared_ptr<asio::ssl::context> tls) {
  const StreamLease lease(stream_);
  if (tls) {
    stream_->set_deadline(now() + service_->options.header_timeout);
    stream_->add_tls(std::move(tls));
    IoError error;
    co_await stream_->handshake(asio::ssl::stream_base::server, error);
    if (error) co_return;
  }
  Next next = Next::keep;
  while (next == Next::keep) {
    idle_ = true;
    if (service_->stopping) co_return;
    if (stream_->buffer().size() == 0) {
      // An idle connection does not keep what a large body made of it.
      if (stream_->buffer().capacity() > kIdleBuffer) stream_->buffer().shrink_to_fit();
      stream_->set_deadline(now() + service_->options.idle_timeout);
      IoError error;
      co_await stream_->fill(kFirstRead, error);
      if (error) co_return;
    }
    idle_ = false;
    next = co_await serve_one();
  }
  if (next == Next::linger && stream_->is_open()) {
    stream_->set_deadline(now() + kLingerTime);
    co_await stream_->linger(kLingerBytes);
  }
}

Task<> HttpConnection::refuse() {
  const StreamLease lease(stream_);
  stream_->set_deadline(now() + kLingerTime);
  idle_ = false;
  co_await answer_short(503, "too many connections\n", false);
  if (!stream_->is_open()) co_return;
  stream_->set_deadline(now() + kLingerTime);
  co_await stream_->linger(kLingerBytes);
}

Task<HttpConnection::Next> HttpConnection::serve_one() {
  const HttpServerOptions& options = service_->options;
  RequestParser parser(options.max_header, options.max_body);
  stream_->set_deadline(now() + options.header_timeout);
  ReadFault fault = co_await read_head(*stream_, parser);
  if (fault) co_return co_await answer_fault(fault);

  const bool is_1_0 = parser.version < 11;
  const bool is_head = parser.method == "HEAD";
  const bool has_body = !parser.is_done();
  // With an unread body the next request cannot be found.
  const bool keep = parser.keep_alive() && !service_->stopping;
  if (!is_1_0 && !parser.headers.contains("Host")) {
    co_return co_await answer_short(400, "the Host header is missing\n", false);
  }
  const auto match = service_->routes.find(parser.method, parser.target);
  if (match.entry == nullptr) {
    HttpResponse response = match.allow.empty() ? text_response(404, "no such page\n")
                                                : text_response(405, "not this method\n");
    if (!match.allow.empty()) response.headers.add("Allow", match.allow);
    auto writing = write_response(std::move(response), is_head, is_1_0, keep && !has_body);
    co_return co_await std::move(writing);
  }

  if (match.entry->admit) {
    HttpRequestHead head;
    head.method = parser.method;
    head.target = parser.target;
    head.headers = std::move(parser.headers);
    head.peer = peer_;
    if (const auto length = parser.content_length()) head.content_length = *length;
    stream_->clear_deadline();  // the wait is ours, not the peer's
    bool admitted = false;
    try {
      auto admitting = match.entry->admit(head);
      admitted = co_await std::move(admitting);
    } catch (const std::exception&) {
      co_return Next::close;  // cancelled, in all likelihood
    }
    parser.headers = std::move(head.headers);
    if (!admitted) {
      co_return co_await answer_short(503, "try again later\n", keep && !has_body);
    }
  }

  if (has_body) {
    if (expects_continue(parser.headers) && !is_1_0 && stream_->buffer().size() == 0) {
      stream_->set_deadline(now() + options.write_timeout);
      if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return Next::close;
    }
    stream_->set_deadline(now() + options.body_grace);
    fault =
        co_await read_body(*stream_, parser, BodyPace{options.body_grace, options.body_rate_min});
    if (fault) co_return co_await answer_fault(fault);
  }
  stream_->clear_deadline();
  if (!stream_->is_open()) co_return Next::close;  // the deadline was faster

  HttpRequest request;
  request.method = std::move(parser.method);
  request.target = std::move(parser.target);
  request.headers = std::move(parser.headers);
  request.body = std::move(parser.body);
  request.peer = peer_;
  auto asking = ask_route(*match.entry, std::move(request));
  auto response = co_await std::move(asking);
  if (!response) {
    if (response.error().code() == Errc::cancelled) co_return Next::close;
    if (options.on_warning) options.on_warning(response.error().message());
    co_return co_await answer_short(500, "internal error\n", false);
  }
  const bool keep_still = keep && !service_->stopping;
  auto writing = write_response(std::move(*response), is_head, is_1_0, keep_still);
  co_return co_await std::move(writing);
}

Task<HttpConnection::Next> HttpConnection::answer_fault(ReadFault fault) {
  switch (fault.kind) {
    case ReadFault::Kind::header_too_large:
      co_return co_await answer_short(431, "the header is too large\n", false);
    case ReadFault::Kind::body_too_large: {
      const std::string reason =
          fmt::format("the body is larger than {} bytes\n", service_->options.max_body);
      co_return co_await answer_short(413, reason, false);
    }
    case ReadFault::Kind::malformed: {
      const std::string reason = "malformed request: " + fault.error.message() + "\n";
      co_return co_await answer_short(400, reason, false);
    }
    case ReadFault::Kind::io:
    case ReadFault::Kind::none:
      break;
  }
  co_return Next::close;
}

Task<HttpConnection::Next> HttpConnection::answer_short(int status, std::string_view reason,
                                                        bool keep) {
  HttpResponse response = text_response(status, std::string(reason));
  if (status == 503) {
    const auto seconds =
        std::chrono::ceil<std::chrono::seconds>(service_->options.retry_after).count();
    response.headers.add("Retry-After", std::to_string(seconds));
  }
  auto writing = write_response(std::move(response), false, false, keep);
  co_return co_await std::move(writing);
}

Task<Result<HttpResponse>> HttpConnection::ask_route(const HttpRoutes::Entry& entry,
                                                     HttpRequest request) {
  // The edge where a route's exceptions end: it is a callback of somebody else.
  std::string what;
  try {
    auto answering = entry.route(std::move(request));
    co_return co_await std::move(answering);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) {
      co_return failure(Errc::cancelled, "cancelled");
    }
    what = error.what();
  } catch (const std::exception& error) {
    what = error.what();
  }
  co_return failure(Errc::internal, "answering " + entry.path + ": " + what);
}

void HttpConnection::begin_head(const HttpResponse& response) {
  head_.clear();
  const auto wall = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  fmt::format_to(std::back_inserter(head_),
                 "HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", response.status,
                 reason_phrase(response.status),
                 fmt::gmtime(std::chrono::system_clock::to_time_t(wall)));
  for (const auto& [name, value] : response.headers) {
    if (is_field_safe(name) && is_field_safe(value)) append_field(head_, name, value);
  }
}

Task<bool> HttpConnection::write(std::string_view head, std::string_view body) {
  const std::array<asio::const_buffer, 2> pieces{asio::const_buffer(head.data(), head.size()),
                                                 asio::const_buffer(body.data(), body.size())};
  IoError error;
  co_await stream_->write_all(pieces, error);
  co_return !error;
}

Task<HttpConnection::Next> HttpConnection::write_response(HttpResponse response, bool is_head,
                                                          bool is_1_0, bool keep) {
  stream_->set_deadline(now() + service_->options.write_timeout);
  if (response.body_stream && !is_head) {
    auto streaming = write_stream(std::move(response), is_1_0);
    co_return co_await std::move(streaming);
  }
  begin_head(response);
  const bool may_have_body =
      response.status >= 200 && response.status != 204 && response.status != 304;
  if (may_have_body && !response.body_stream) {
    append_field(head_, "Content-Length", fmt::format_int(response.body.size()).c_str());
  }
  if (!keep) {
    append_field(head_, "Connection", "close");
  } else if (is_1_0) {
    append_field(head_, "Connection", "keep-alive");
  }
  head_.append("\r\n");
  const std::string_view body =
      may_have_body && !is_head ? std::string_view(response.body) : std::string_view();
  if (!co_await write(head_, body)) co_return Next::close;
  stream_->clear_deadline();
  co_return keep ? Next::keep : Next::linger;
}

Task<HttpConnection::Next> HttpConnection::write_stream(HttpResponse response, bool is_1_0) {
  begin_head(response);
  if (!is_1_0) append_field(head_, "Transfer-Encoding", "chunked");
  append_field(head_, "Connection", "close");
  head_.append("\r\n");
  if (!co_await write(head_, {})) co_return Next::close;
  stream_->clear_deadline();
  ChunkWriter writer(*stream_, *service_, !is_1_0);
  try {
    auto streaming = response.body_stream(writer);
    co_await std::move(streaming);
  } catch (const std::exception&) {
    co_return Next::close;  // without the last chunk: the peer sees that something is missing
  }
  if (writer.failed() || !stream_->is_open()) co_return Next::close;
  stream_->set_deadline(now() + service_->options.write_timeout);
  if (!is_1_0 && !co_await write("0\r\n\r\n", {})) co_return Next::close;
  co_return Next::linger;
}

}  // namespace pipeline
