#pragma once

// What the tests of this folder share: a loop that ends in bounded time, peers that say exactly
// what a test tells them to, and certificates made on the spot.

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/net/http_client.h"
#include "pipeline/net/http_server.h"

namespace pipeline::testing {

inline Instant in(Milliseconds time) { return std::chrono::steady_clock::now() + time; }
// Far enough away for a slow machine under a sanitizer.
inline Instant soon() { return in(Milliseconds{20'000}); }

// One thread of Asio.
class Loop {
 public:
  asio::io_context io;
  Executor executor() { return io.get_executor(); }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    std::exception_ptr thrown;
    bool done = false;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
      thrown = error;
      result = std::move(value);
      done = true;
    });
    wait_for(done);
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*result);
  }

  void run(Task<> task) {
    std::exception_ptr thrown;
    bool done = false;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr error) {
      thrown = error;
      done = true;
    });
    wait_for(done);
    if (thrown) std::rethrow_exception(thrown);
  }

  void wait_for(const bool& done) {
    wait_until([&done] { return done; });
  }

  void wait_until(const std::function<bool()>& done) {
    const auto limit = in(Milliseconds{30'000});
    io.restart();
    while (!done()) {
      if (io.run_one_until(limit) == 0) {
        ADD_FAILURE() << "nothing happens any more";
        std::abort();
      }
    }
  }
};

using Tcp = asio::ip::tcp::socket;
inline constexpr auto kQuiet = asio::as_tuple(asio::use_awaitable);

// A peer that runs a script of the test on every connection that it gets.
class RawServer {
 public:
  using Script = std::function<Task<>(Tcp socket, int number)>;

  RawServer(Loop& loop, Script script)
      : state_(std::make_shared<State>(
            State{{loop.io, {asio::ip::address_v4::loopback(), 0}}, std::move(script), 0})) {
    auto accepting = accept(state_);
    asio::co_spawn(loop.io, std::move(accepting), asio::detached);
  }
  ~RawServer() { state_->acceptor.close(); }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  int connections() const { return state_->connections; }

 private:
  struct State {
    asio::ip::tcp::acceptor acceptor;
    Script script;
    int connections;
  };
  static Task<> accept(std::shared_ptr<State> state) {
    while (true) {
      auto [error, socket] = co_await state->acceptor.async_accept(kQuiet);
      if (error) co_return;
      auto running = state->script(std::move(socket), state->connections++);
      asio::co_spawn(state->acceptor.get_executor(), std::move(running), asio::detached);
    }
  }

  std::shared_ptr<State> state_;
};

// Reads one request with its declared body; "" at the end.
inline Task<std::string> read_request(Tcp& socket) {
  std::string text;
  auto [error, head] =
      co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", kQuiet);
  if (error) co_return std::string();
  if (const auto at = text.find("Content-Length: "); at != std::string::npos) {
    const std::size_t size = head + std::stoul(text.substr(at + 16));
    if (size > text.size()) {
      const std::size_t before = text.size();
      text.resize(size);
      co_await asio::async_read(socket, asio::buffer(text.data() + before, size - before), kQuiet);
    }
  }
  co_return text;
}

inline Task<> say(Tcp& socket, std::string text) {
  co_await asio::async_write(socket, asio::buffer(text), kQuiet);
}

// Everything until the other side closes.
inline Task<std::string> read_all(Tcp& socket) {
  std::string text;
  co_await asio::async_read(socket, asio::dynamic_buffer(text), kQuiet);
  co_return text;
}

inline Task<Tcp> dial(std::uint16_t port) {
  Tcp socket(co_await asio::this_coro::executor);
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
  co_return socket;
}

// The same at once; the kernel answers for a server that is not running yet.
inline Tcp connected(Loop& loop, std::uint16_t port) {
  Tcp socket(loop.io);
  socket.connect({asio::ip::address_v4::loopback(), port});
  return socket;
}

// Sends `text`, returns everything that comes back until the server closes.
inline Task<std::string> talk(std::uint16_t port, std::string text) {
  Tcp socket = co_await dial(port);
  co_await say(socket, text);
  co_return co_await read_all(socket);
}

inline std::unique_ptr<HttpClient> client_for(Loop& loop, const std::string& url,
                                              HttpClientOptions options = {}) {
  options.url = Url::parse(url).value();
  auto client = make_http_client(loop.executor(), std::move(options));
  if (!client) ADD_FAILURE() << client.error().message();
  return std::move(client.value());
}

inline Task<Result<HttpResponse>> get(HttpClient& client, std::string target) {
  HttpRequest request;
  request.target = std::move(target);
  co_return co_await client.send(std::move(request), soon());
}

inline Task<Result<HttpResponse>> post(HttpClient& client, std::string target, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.body = std::move(body);
  co_return co_await client.send(std::move(request), soon());
}

inline HttpServerOptions on_loopback() {
  HttpServerOptions options;
  options.listen = ListenAddress::parse("127.0.0.1:0").value();
  return options;
}

// A server on a free port, stopped in the end.
class OwnServer {
 public:
  OwnServer(Loop& loop, HttpServerOptions options)
      : loop_(loop), server(loop.executor(), std::move(options)) {}
  ~OwnServer() { loop_.run(server.stop(soon())); }
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  OwnServer& start() {
    const auto started = server.start();
    if (!started) ADD_FAILURE() << started.error().message();
    return *this;
  }
  std::uint16_t port() const { return server.local_address().port; }
  std::string url(std::string_view scheme = "http") const {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port());
  }

 private:
  Loop& loop_;

 public:
  HttpServer server;
};

// Answers with the method, target and body of the request.
inline Task<HttpResponse> echo(HttpRequest request) {
  co_return text_response(200, request.method + " " + request.target + " " + request.body);
}

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice_net_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace pipeline::testing
