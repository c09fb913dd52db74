#include "pipeline/net/http_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <unordered_set>

#include "pipeline/base/assert.h"
#include "pipeline/net/http_connection.h"
#include "pipeline/net/listen.h"
#include "pipeline/net/tls.h"

namespace pipeline {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
// Connections above the limit that are told so at a time; any more are closed without a word.
constexpr std::size_t kRefusingMax = 64;
// After accept() has failed, which is mostly a lack of descriptors that only time can mend.
constexpr Milliseconds kAcceptPause{100};
// What a cancelled route may take to unwind before stop() returns without it.
constexpr Milliseconds kCancelGrace{2'000};

}  // namespace

// Everything here runs on `control`, a strand; the connections run on their own.
struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  using Connection = std::shared_ptr<HttpConnection>;

  Impl(Executor executor, HttpServerOptions options)
      : base(std::move(executor)), control(asio::make_strand(base)), changed(control) {
    service->options = std::move(options);
  }

  void warn(std::string_view text) const {
    if (service->options.on_warning) service->options.on_warning(text);
  }

  Result<> open();
  Task<> accept();
  void welcome(std::shared_ptr<Stream> stream, std::string peer);
  void close_listener();
  Task<> stop(Instant deadline);
  Task<> wait_until_empty(Instant deadline);
  template <class Do>
  void on_each(Do action);

  Executor base;
  Executor control;
  asio::steady_timer changed;  // cancelled whenever a connection has ended
  std::shared_ptr<HttpService> service = std::make_shared<HttpService>();
  std::optional<Acceptor> acceptor;
  std::unique_ptr<TlsContext> tls;
  ListenAddress bound;
  struct stat socket_file{};  // the unix socket that is ours to remove
  std::unordered_set<Connection> connections;
  std::size_t refusing = 0;
  std::atomic<std::size_t> count = 0;
};

Result<> HttpServer::Impl::open() {
  const HttpServerOptions& options = service->options;
  if (!options.tls.cert_file.empty() || !options.tls.key_file.empty()) {
    auto made = TlsContext::server(options.tls, options.on_warning);
    if (!made) return std::unexpected(std::move(made).error().during("tls"));
    tls = std::move(*made);
  } else if (!options.tls.client_ca_file.empty()) {
    return failure(Errc::invalid_data, "tls: client_ca_file needs cert_file and key_file");
  }
  auto listening = listen_on(control, options.listen, options.unix_mode);
  if (!listening) return std::unexpected(std::move(listening).error());
  acceptor.emplace(std::move(*listening));
  bound = options.listen;
  if (bound.is_unix()) {
    ::stat(bound.socket_path.c_str(), &socket_file);
  } else {
    IoError error;
    bound.port = port_of(acceptor->local_endpoint(error));
  }
  return {};
}

Task<> HttpServer::Impl::accept() {
  const auto self = shared_from_this();
  bool failing = false;
  while (!service->stopping) {
    const auto stream = std::make_shared<Stream>(Executor(asio::make_strand(base)));
    asio::generic::stream_protocol::endpoint peer;
    auto [error] = co_await acceptor->async_accept(stream->socket(), peer, kToken);
    if (service->stopping || error == asio::error::operation_aborted) break;
    if (error) {
      // Also a client that has gone again. Told once, until it works again.
      if (!std::exchange(failing, true)) warn("accepting a connection: " + error.message());
      asio::steady_timer pause(control, kAcceptPause);
      co_await pause.async_wait(kToken);
      continue;
    }
    failing = false;
    welcome(stream, name_of(peer));
  }
}

void HttpServer::Impl::welcome(std::shared_ptr<Stream> stream, std::string peer) {
  const bool full = connections.size() - refusing >= service->options.max_connections;
  if (full && (refusing >= kRefusingMax || tls)) return;  // the stream closes with its last owner
  const auto connection =
      std::make_shared<HttpConnection>(service, std::move(stream), std::move(peer));
  connections.insert(connection);
  refusing += full ? 1 : 0;
  count = connections.size();
  auto context = tls ? tls->current() : nullptr;
  auto ended = [self = shared_from_this(), connection, full](const std::exception_ptr&) {
    // The connection's own strand calls; an exception can only be a cancellation.
    asio::post(self->control, [self, connection, full] {
      self->connections.erase(connection);
      self->refusing -= full ? 1 : 0;
      self->count = self->connections.size();
      self->changed.cancel();
    });
  };
  auto serving = full ? connection->refuse() : connection->serve(std::move(context));
  asio::co_spawn(connection->executor(), std::move(serving),
                 asio::bind_cancellation_slot(connection->slot(), std::move(ended)));
}

void HttpServer::Impl::close_listener() {
  service->stopping = true;
  if (!acceptor || !acceptor->is_open()) return;
  IoError ignored;
  acceptor->close(ignored);
  if (!bound.is_unix()) return;
  // Somebody may have put another socket in its place.
  struct stat now{};
  if (::stat(bound.socket_path.c_str(), &now) == 0 && now.st_ino == socket_file.st_ino &&
      now.st_dev == socket_file.st_dev) {
    ::unlink(bound.socket_path.c_str());
  }
}

template <class Do>
void HttpServer::Impl::on_each(Do action) {
  for (const auto& connection : connections) {
    asio::post(connection->executor(), [connection, action] { action(*connection); });
  }
}

Task<> HttpServer::Impl::wait_until_empty(Instant deadline) {
  while (!connections.empty() && std::chrono::steady_clock::now() < deadline) {
    changed.expires_at(deadline);
    co_await changed.async_wait(kToken);
  }
}

Task<> HttpServer::Impl::stop(Instant deadline) {
  const auto self = shared_from_this();
  close_listener();
  on_each([](HttpConnection& connection) { connection.close_if_idle(); });
  co_await wait_until_empty(deadline);
  if (connections.empty()) co_return;
  on_each([](HttpConnection& connection) { connection.cancel(); });
  co_await wait_until_empty(std::chrono::steady_clock::now() + kCancelGrace);
}

HttpServer::HttpServer(Executor executor, HttpServerOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

HttpServer::~HttpServer() {
  impl_->service->stopping = true;
  asio::post(impl_->control, [impl = impl_] {
    impl->close_listener();
    impl->on_each([](HttpConnection& connection) { connection.cancel(); });
  });
}

void HttpServer::add(std::string method, std::string path, Route route, Admit admit) {
  ASSERT(!impl_->acceptor);
  impl_->service->routes.add(std::move(method), std::move(path), std::move(route),
                             std::move(admit));
}

Result<> HttpServer::start() {
  if (auto opened = impl_->open(); !opened) return opened;
  auto accepting = impl_->accept();
  asio::co_spawn(impl_->control, std::move(accepting), asio::detached);
  return {};
}

ListenAddress HttpServer::local_address() const { return impl_->bound; }

Task<> HttpServer::stop(Instant deadline) {
  auto stopping = impl_->stop(deadline);
  auto there = asio::co_spawn(impl_->control, std::move(stopping), asio::use_awaitable);
  co_await std::move(there);
}

std::size_t HttpServer::connection_count() const { return impl_->count; }

}  // namespace pipeline
