#include "pipeline/net/http_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "pipeline/net/net_test_support.h"

namespace pipeline {
namespace {

using namespace testing;  // NOLINT: the names of this folder's tests

std::string status_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

std::string ask(const std::string& line, const std::string& rest = "") {
  return line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + rest + "\r\n";
}

TEST(HttpServer, RoutesByPathAndMethod) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  own.server.add("GET", "/a", echo);
  own.server.add("POST", "/a", echo);
  own.server.add("GET", "/tree/*",
                 [](HttpRequest) -> Task<HttpResponse> { co_return text_response(200, "tree"); });
  own.server.add("GET", "/tree/leaf", echo);
  own.start();
  const struct {
    const char *line, *status, *body;
  } cases[] = {
      {"GET /a?x=1", "HTTP/1.1 200 OK", "GET /a?x=1 "},
      {"HEAD /a", "HTTP/1.1 200 OK", ""},
      {"GET /tree/x/y", "HTTP/1.1 200 OK", "tree"},
      {"GET /tree/leaf", "HTTP/1.1 200 OK", "GET /tree/leaf "},
      {"GET /b", "HTTP/1.1 404 Not Found", "no such page\n"},
      {"GET /tree", "HTTP/1.1 404 Not Found", "no such page\n"},
      {"DELETE /a", "HTTP/1.1 405 Method Not Allowed", "not this method\n"},
  };
  for (const auto& c : cases) {
    const std::string answer = loop.run(talk(own.port(), ask(c.line)));
    EXPECT_EQ(status_of(answer), c.status) << c.line;
    EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), c.body) << c.line;
  }
  const std::string refused = loop.run(talk(own.port(), ask("DELETE /a")));
  EXPECT_NE(refused.find("\r\nAllow: GET, HEAD, POST\r\n"), std::string::npos) << refused;
  const std::string head = loop.run(talk(own.port(), ask("HEAD /a")));
  EXPECT_NE(head.find("\r\nContent-Length: 8\r\n"), std::string::npos) << head;
}

TEST(HttpServer, MalformedAndOversizedRequestsAreAnsweredAndClosed) {
  Loop loop;
  HttpServerOptions options = on_loopback();
  options.max_body = 1000;
  options.max_header = 2000;
  OwnServer own(loop, options);
  own.server.add("POST", "/", echo);
  own.start();
  const std::string post_line = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/3.0\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},  // no Host
      {post_line + "Content-Length: -1\r\n\r\n", "400"},
      {post_line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {post_line + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400"},
      {post_line + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
      {post_line + "X: " + std::string(3000, 'x') + "\r\n\r\n", "431"},
      {post_line + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x'), "413"},
      {post_line + "Content-Length: 99999999999999\r\n\r\n", "413"},
      {post_line + "Transfer-Encoding: chunked\r\n\r\n3E9\r\n" + std::string(1001, 'x'), "413"},
  };
  for (const auto& [text, status] : cases) {
    const std::string answer = loop.run(talk(own.port(), text));
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 " + status) << text.substr(0, 100);
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  }
  const std::string fits = loop.run(
      talk(own.port(), ask("POST /", "Content-Length: 1000\r\n") + std::string(1000, 'x')));
  EXPECT_EQ(fits.substr(0, 12), "HTTP/1.1 200");
}

TEST(HttpServer, PipelinedRequestsAreAnsweredInTheirOrder) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  own.server.add("POST", "/", echo);
  own.start();
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "POST /?" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nb";
  }
  const std::string answer = loop.run(talk(own.port(), text + ask("POST /?last")));
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = answer.find("POST /?" + std::to_string(i) + " b", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_NE(answer.find("POST /?last", at), std::string::npos);
}

TEST(HttpServer, Http10ClosesUnlessAskedNotTo) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  own.server.add("GET", "/", echo);
  own.start();
  EXPECT_NE(loop.run(talk(own.port(), "GET / HTTP/1.0\r\n\r\n")).find("Connection: close"),
            std::string::npos);
  const std::string twice =
      "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /?2 HTTP/1.0\r\n\r\n";
  const std::string answer = loop.run(talk(own.port(), twice));
  EXPECT_NE(answer.find("Connection: keep-alive"), std::string::npos);
  EXPECT_NE(answer.find("GET /?2"), std::string::npos);
}

// Each of these would hold its connection for ever if the server let it.
TEST(HttpServer, SlowPeersAreClosed) {
  Loop loop;
  HttpServerOptions options = on_loopback();
  options.header_timeout = options.body_grace = options.idle_timeout = Milliseconds{50};
  OwnServer own(loop, options);
  own.server.add("POST", "/", echo);
  own.start();
  for (const std::string text :
       {"", "POST / HT", "POST / HTTP/1.1\r\nHost: x\r\nA: b\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"}) {
    loop.run(talk(own.port(), text));  // returns, which is the point
  }
}

TEST(HttpServer, ADrippingBodyIsTooSlow) {
  Loop loop;
  HttpServerOptions options = on_loopback();
  options.body_grace = Milliseconds{50};
  options.body_rate_min = 1'000'000;
  OwnServer own(loop, options);
  own.server.add("POST", "/", echo);
  own.start();
  const auto drip = [](std::uint16_t port) -> Task<bool> {
    Tcp socket = co_await dial(port);
    std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
    co_await say(socket, head);
    asio::steady_timer pause(socket.get_executor());
    for (int i = 0; i < 10'000; ++i) {
      pause.expires_after(std::chrono::milliseconds(2));
      co_await pause.async_wait(kQuiet);
      auto [error, size] = co_await asio::async_write(socket, asio::buffer("x", 1), kQuiet);
      if (error) co_return true;
    }
    co_return false;
  };
  EXPECT_TRUE(loop.run(drip(own.port())));
}

TEST(HttpServer, MoreConnectionsThanAllowedAreRefused) {
  Loop loop;
  HttpServerOptions options = on_loopback();
  options.max_connections = 2;
  OwnServer own(loop, options);
  own.server.add("GET", "/", echo);
  own.start();
  Tcp first = connected(loop, own.port());
  Tcp second = connected(loop, own.port());
  loop.wait_until([&] { return own.server.connection_count() == 2; });
  const std::string refused = loop.run(talk(own.port(), ask("GET /")));
  EXPECT_EQ(refused.substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(refused.find("Retry-After: 1"), std::string::npos);
  first.close();
  loop.wait_until([&] { return own.server.connection_count() == 1; });
  EXPECT_EQ(loop.run(talk(own.port(), ask("GET /"))).substr(0, 12), "HTTP/1.1 200");
}

TEST(HttpServer, ContinueIsSaidWhenTheBodyIsWanted) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  own.server.add("POST", "/yes", echo);
  own.server.add("POST", "/no", echo, [](const HttpRequestHead& head) -> Task<bool> {
    EXPECT_EQ(head.content_length, 4U);
    EXPECT_EQ(head.headers.find("expect"), "100-continue");
    co_return false;
  });
  own.start();
  const auto polite = [](std::uint16_t port, std::string target) -> Task<std::string> {
    Tcp socket = co_await dial(port);
    std::string head = ask("POST " + target, "Content-Length: 4\r\nExpect: 100-continue\r\n");
    co_await say(socket, head);
    std::string answer;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(answer), "\r\n\r\n", kQuiet);
    if (answer.starts_with("HTTP/1.1 100")) co_await say(socket, "body");
    answer += co_await read_all(socket);
    co_return answer;
  };
  const std::string yes = loop.run(polite(own.port(), "/yes"));
  EXPECT_TRUE(yes.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << yes;
  EXPECT_TRUE(yes.ends_with("POST /yes body"));
  const std::string no = loop.run(polite(own.port(), "/no"));
  EXPECT_TRUE(no.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << no;
  EXPECT_NE(no.find("Retry-After: 1"), std::string::npos);
}

TEST(HttpServer, AdmissionStopsTheReadingOfTheBody) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  asio::steady_timer gate(loop.io, soon());
  bool waiting = false;
  const auto count = [](HttpRequest request) -> Task<HttpResponse> {
    co_return text_response(200, std::to_string(request.body.size()));
  };
  own.server.add("POST", "/", count, [&](const HttpRequestHead&) -> Task<bool> {
    waiting = true;
    asio::steady_timer& timer = gate;
    co_await timer.async_wait(kQuiet);
    co_return true;
  });
  own.start();
  const auto client = client_for(loop, own.url());
  std::optional<Result<HttpResponse>> answer;
  auto sending = post(*client, "/", std::string(15'000'000, 'x'));
  asio::co_spawn(
      loop.io, std::move(sending),
      [&answer](std::exception_ptr, Result<HttpResponse> got) { answer = std::move(got); });
  loop.wait_for(waiting);
  for (int i = 0; i < 100; ++i) loop.io.poll_one();
  EXPECT_FALSE(answer) << "the kernel's buffers do not hold that much";
  gate.cancel();
  loop.wait_until([&] { return answer.has_value(); });
  ASSERT_TRUE(*answer) << answer->error().message();
  EXPECT_EQ((*answer)->body, "15000000");
}

TEST(HttpServer, ARouteThatThrowsAnswers500AndCloses) {
  Loop loop;
  HttpServerOptions options = on_loopback();
  std::string warning;
  options.on_warning = [&warning](std::string_view text) { warning = text; };
  OwnServer own(loop, options);
  own.server.add("GET", "/", [](HttpRequest) -> Task<HttpResponse> {
    throw std::runtime_error("secret detail");
    co_return HttpResponse{};
  });
  own.start();
  const std::string answer = loop.run(talk(own.port(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 500");
  EXPECT_EQ(answer.find("secret"), std::string::npos);
  EXPECT_NE(warning.find("secret detail"), std::string::npos);
}

TEST(HttpServer, StreamsWhatHasNoKnownEnd) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  const auto stream = [](HttpRequest) -> Task<HttpResponse> {
    HttpResponse response;
    response.body_stream = [](BodyWriter& out) -> Task<> {
      for (int i = 0; i < 3; ++i) {
        std::string piece = "line " + std::to_string(i) + "\n";
        const auto written = co_await out.write(piece);
        if (!written) co_return;
      }
    };
    co_return response;
  };
  own.server.add("GET", "/tap", stream);
  own.start();
  const auto client = client_for(loop, own.url());
  const auto answer = loop.run(get(*client, "/tap"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->headers.find("Transfer-Encoding"), "chunked");
  EXPECT_EQ(answer->body, "line 0\nline 1\nline 2\n");
  const std::string old = loop.run(talk(own.port(), "GET /tap HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(old.ends_with("\r\n\r\nline 0\nline 1\nline 2\n")) << old;
}

TEST(HttpServer, KnowsThePeer) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  own.server.add("GET", "/", [](HttpRequest request) -> Task<HttpResponse> {
    co_return text_response(200, request.peer);
  });
  own.start();
  const std::string answer = loop.run(talk(own.port(), ask("GET /")));
  EXPECT_NE(answer.find("\r\n\r\n127.0.0.1:"), std::string::npos) << answer;
}

TEST(HttpServer, StoppingAnswersWhatIsUnderWay) {
  Loop loop;
  HttpServer server(loop.executor(), on_loopback());
  asio::steady_timer gate(loop.io, soon());
  bool inside = false;
  server.add("GET", "/", [&](HttpRequest) -> Task<HttpResponse> {
    inside = true;
    asio::steady_timer& timer = gate;
    co_await timer.async_wait(kQuiet);
    co_return text_response(200, "done");
  });
  ASSERT_TRUE(server.start());
  const std::uint16_t port = server.local_address().port;
  Tcp idle = connected(loop, port);
  std::string answer;
  auto talking = talk(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  asio::co_spawn(loop.io, std::move(talking),
                 [&answer](std::exception_ptr, std::string text) { answer = std::move(text); });
  loop.wait_for(inside);
  bool stopped = false;
  auto stopping = server.stop(soon());
  asio::co_spawn(loop.io, std::move(stopping), [&stopped](std::exception_ptr) { stopped = true; });
  loop.wait_until([&] { return server.connection_count() == 1; });  // the idle one has gone
  EXPECT_EQ(loop.run(read_all(idle)), "");
  EXPECT_FALSE(stopped);
  gate.cancel();
  loop.wait_for(stopped);
  loop.wait_until([&] { return !answer.empty(); });
  EXPECT_TRUE(answer.ends_with("done")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(server.connection_count(), 0U);
}

TEST(HttpServer, StoppingCancelsWhatIsLeftAtTheDeadline) {
  Loop loop;
  HttpServer server(loop.executor(), on_loopback());
  bool inside = false;
  bool unwound = false;
  server.add("GET", "/", [&](HttpRequest) -> Task<HttpResponse> {
    inside = true;
    const Executor here = co_await asio::this_coro::executor;
    asio::steady_timer forever(here, Instant::max());
    co_await forever.async_wait(kQuiet);
    unwound = true;
    co_return HttpResponse{};
  });
  ASSERT_TRUE(server.start());
  auto talking = talk(server.local_address().port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  asio::co_spawn(loop.io, std::move(talking), [](std::exception_ptr, const std::string&) {});
  loop.wait_for(inside);
  loop.run(server.stop(in(Milliseconds{0})));
  EXPECT_TRUE(unwound);
  EXPECT_EQ(server.connection_count(), 0U);
}

TEST(HttpServer, UnixSocketsWorkEndToEnd) {
  Loop loop;
  TempDir dir;
  const std::string path = dir.file("agent.sock");
  HttpServerOptions options;
  options.listen = ListenAddress::parse("unix:" + path).value();
  {
    OwnServer own(loop, options);
    own.server.add("GET", "/", [](HttpRequest request) -> Task<HttpResponse> {
      co_return text_response(200, request.peer);
    });
    own.start();
    struct stat s{};
    ASSERT_EQ(::stat(path.c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777, 0600U);
    const auto client = client_for(loop, "unix:" + path);
    const auto answer = loop.run(get(*client, "/"));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "unix");

    HttpServer second(loop.executor(), options);
    const auto busy = second.start();
    ASSERT_FALSE(busy);
    EXPECT_NE(busy.error().message().find("another process listens"), std::string::npos);
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0) << "removed by stop()";
}

TEST(HttpServer, AStaleUnixSocketIsReplacedAndAFileIsNot) {
  Loop loop;
  TempDir dir;
  const std::string path = dir.file("agent.sock");
  HttpServerOptions options;
  options.listen = ListenAddress::parse("unix:" + path).value();
  const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(stale, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ::close(stale);
  {
    OwnServer(loop, options).start();
  }
  ASSERT_NE(::close(::creat(path.c_str(), 0600)), -1);
  HttpServer server(loop.executor(), options);
  const auto refused = server.start();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("not a socket"), std::string::npos);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST(HttpServer, ATakenPortSaysSo) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  own.start();
  HttpServerOptions options;
  options.listen = own.server.local_address();
  HttpServer second(loop.executor(), options);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), Errc::unavailable);
  EXPECT_NE(started.error().message().find(options.listen.to_string()), std::string::npos);
}

TEST(HttpServer, AllInterfacesMeansBothFamilies) {
  Loop loop;
  HttpServerOptions options;
  options.listen = ListenAddress::parse(":0").value();
  OwnServer own(loop, options);
  own.server.add("GET", "/", echo);
  own.start();
  EXPECT_EQ(loop.run(talk(own.port(), ask("GET /"))).substr(0, 12), "HTTP/1.1 200");
}

TEST(HttpServer, ManyConnectionsOnManyThreads) {
  asio::io_context io;
  HttpServer server(io.get_executor(), on_loopback());
  server.add("POST", "/", echo);
  ASSERT_TRUE(server.start());
  const std::uint16_t port = server.local_address().port;
  constexpr int kPeers = 200;
  std::atomic<int> good = 0;
  std::atomic<int> left = kPeers;
  const auto peer = [port, &good](int number) -> Task<> {
    std::string body(static_cast<std::size_t>(number) * 997, 'b');
    std::string text =
        ask("POST /", "Content-Length: " + std::to_string(body.size()) + "\r\n") + body;
    const std::string answer = co_await talk(port, text);
    if (answer.ends_with("POST / " + body)) ++good;
  };
  for (int i = 0; i < kPeers; ++i) {
    auto talking = peer(i);
    asio::co_spawn(asio::make_strand(io), std::move(talking), [&](std::exception_ptr) {
      if (--left > 0) return;
      auto stopping = server.stop(soon());
      asio::co_spawn(io, std::move(stopping), asio::detached);
    });
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&io] { io.run_for(std::chrono::seconds(60)); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, kPeers);
  EXPECT_EQ(server.connection_count(), 0U);
}

}  // namespace
}  // namespace pipeline
