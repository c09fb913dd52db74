#include "pipeline/net/http_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <thread>

#include "pipeline/net/http_connect.h"
#include "pipeline/net/net_test_support.h"

namespace pipeline {
namespace {

using namespace testing;  // NOLINT: the names of this folder's tests

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Answers every request on every connection with `text`, then goes on reading.
RawServer::Script always(std::string text) {
  return [text](Tcp socket, int) -> Task<> {
    return [](Tcp peer, std::string answer) -> Task<> {
      while (true) {
        const std::string request = co_await read_request(peer);
        if (request.empty()) co_return;
        co_await say(peer, answer);
      }
    }(std::move(socket), text);
  };
}

// Answers one request on each connection and closes.
RawServer::Script once(std::string text) {
  return [text](Tcp socket, int) -> Task<> {
    return [](Tcp peer, std::string answer) -> Task<> {
      const std::string request = co_await read_request(peer);
      co_await say(peer, answer);
    }(std::move(socket), text);
  };
}

TEST(HttpClient, UsesAConnectionAgain) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  own.server.add("POST", "/push", echo);
  own.start();
  const auto client = client_for(loop, own.url());
  for (int i = 0; i < 5; ++i) {
    const auto answer = loop.run(post(*client, "/push", "body " + std::to_string(i)));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "POST /push body " + std::to_string(i));
    EXPECT_EQ(own.server.connection_count(), 1U);
  }
  client->close_idle();
  ASSERT_TRUE(loop.run(post(*client, "/push", "")));
}

TEST(HttpClient, OldConnectionsAreNotUsedAgain) {
  Loop loop;
  RawServer server(loop, always(kOk));
  HttpClientOptions options;
  options.max_connection_age = Milliseconds{0};
  const auto client = client_for(loop, server.url(), options);
  ASSERT_TRUE(loop.run(get(*client, "/")));
  ASSERT_TRUE(loop.run(get(*client, "/")));
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, SendsPiecesAsOneBody) {
  Loop loop;
  OwnServer own(loop, on_loopback());
  own.server.add("PUT", "/x", [](HttpRequest request) -> Task<HttpResponse> {
    co_return text_response(200, std::to_string(request.body.size()) + request.body.substr(0, 5) +
                                     request.headers.find("x-tenant").value_or("").data());
  });
  own.start();
  const auto client = client_for(loop, own.url());
  const std::string big(5'000'000, 'b');
  HttpRequest request;
  request.method = "PUT";
  request.target = "/x";
  request.headers.add("X-Tenant", "t");
  request.pieces = {"ab", "", big};
  const auto answer = loop.run(client->send(std::move(request), soon()));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, "5000002abbbbt");
}

TEST(HttpClient, UnderstandsEveryKindOfAnswer) {
  const struct {
    const char* name;
    const char* answer;
    int status;
    const char* body;
  } cases[] = {
      {"declared length", kOk, 200, "ok"},
      {"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
      {"not modified with a length", "HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n", 304, ""},
      {"chunks",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n",
       200, "ok"},
      {"trailers",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n", 200,
       "ok"},
      {"close", "HTTP/1.1 429 Slow\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 429, "ok"},
      {"until the end", "HTTP/1.1 500 X\r\n\r\nok", 500, "ok"},
      {"1.0", "HTTP/1.0 200 OK\r\n\r\nok", 200, "ok"},
      {"interim",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 "
       "OK\r\nContent-Length: 2\r\n\r\nok",
       200, "ok"},
      {"no reason", "HTTP/1.1 260 \r\nContent-Length: 0\r\n\r\n", 260, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Loop loop;
    RawServer server(loop, once(c.answer));
    const auto client = client_for(loop, server.url());
    const auto answer = loop.run(post(*client, "/", "x"));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, c.status);
    EXPECT_EQ(answer->body, c.body);
    // And again: whatever was kept must not have been kept in vain.
    ASSERT_TRUE(loop.run(post(*client, "/", "x")));
  }
}

TEST(HttpClient, MalformedAnswersAreInvalidData) {
  const char* const cases[] = {
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nBad Header\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
  };
  for (const char* const text : cases) {
    Loop loop;
    RawServer server(loop, once(text));
    const auto client = client_for(loop, server.url());
    const auto answer = loop.run(get(*client, "/"));
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code(), Errc::invalid_data) << text << answer.error().message();
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST(HttpClient, AnswersOverALimitAreInvalidData) {
  const std::string cases[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'),
      "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n" + std::string(1001, 'x'),
      "HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x'),
      "HTTP/1.1 200 OK\r\nX: " + std::string(3000, 'x') + "\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(300'000, 'x'),
  };
  for (const std::string& text : cases) {
    Loop loop;
    RawServer server(loop, once(text));
    HttpClientOptions options;
    options.max_response_body = 1000;
    options.max_response_header = 2000;
    const auto client = client_for(loop, server.url(), options);
    const auto answer = loop.run(get(*client, "/"));
    ASSERT_FALSE(answer) << text.substr(0, 80);
    EXPECT_EQ(answer.error().code(), Errc::invalid_data) << answer.error().message();
  }
}

TEST(HttpClient, ASilentServerTimesOut) {
  Loop loop;
  bool closed = false;
  RawServer server(loop, [&closed](Tcp socket, int) -> Task<> {
    return [](Tcp peer, bool& seen) -> Task<> {
      co_await read_all(peer);
      seen = true;
    }(std::move(socket), closed);
  });
  const auto client = client_for(loop, server.url());
  const auto answer = loop.run(client->send(HttpRequest{}, in(Milliseconds{50})));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::timed_out);
  loop.wait_for(closed);  // its connection went with it
}

TEST(HttpClient, ATruncatedAnswerIsUnavailable) {
  for (const bool reset : {true, false}) {
    Loop loop;
    RawServer server(loop, [reset](Tcp socket, int) -> Task<> {
      return [](Tcp peer, bool hard) -> Task<> {
        co_await read_request(peer);
        co_await say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        if (hard) peer.set_option(asio::socket_base::linger(true, 0));
      }(std::move(socket), reset);
    });
    const auto client = client_for(loop, server.url());
    const auto answer = loop.run(get(*client, "/"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Errc::unavailable);
    EXPECT_EQ(server.connections(), 1) << "part of an answer is never retried";
  }
}

TEST(HttpClient, AStaleConnectionIsRetriedOnce) {
  Loop loop;
  // The first connection answers one request and, without a word, not the second.
  RawServer server(loop, [](Tcp socket, int number) -> Task<> {
    return [](Tcp peer, int n) -> Task<> {
      co_await read_request(peer);
      co_await say(peer, kOk);
      co_await read_request(peer);
      if (n > 0) co_await say(peer, kOk);
    }(std::move(socket), number);
  });
  const auto client = client_for(loop, server.url());
  ASSERT_TRUE(loop.run(post(*client, "/", "1")));
  const auto answer = loop.run(post(*client, "/", "2"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, AClosedConnectionIsNoticedBeforeItIsUsed) {
  Loop loop;
  int requests = 0;
  RawServer server(loop, [&requests](Tcp socket, int) -> Task<> {
    return [](Tcp peer, int& count) -> Task<> {
      if (!(co_await read_request(peer)).empty()) ++count;
      co_await say(peer, kOk);  // says keep-alive and closes
    }(std::move(socket), requests);
  });
  const auto client = client_for(loop, server.url());
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(loop.run(post(*client, "/", "x")));
    EXPECT_EQ(requests, i);
  }
}

TEST(HttpClient, ANewConnectionThatClosesIsNotRetried) {
  Loop loop;
  RawServer server(loop, [](Tcp socket, int) -> Task<> {
    return [](Tcp peer) -> Task<> { co_await read_request(peer); }(std::move(socket));
  });
  const auto client = client_for(loop, server.url());
  const auto answer = loop.run(post(*client, "/", "x"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, HearsWhyABodyIsRefusedBeforeItIsRead) {
  Loop loop;
  HttpServerOptions options = on_loopback();
  options.max_body = 1000;
  OwnServer own(loop, options);
  own.server.add("POST", "/", echo);
  own.start();
  const auto client = client_for(loop, own.url());
  const auto answer = loop.run(post(*client, "/", std::string(8'000'000, 'x')));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 413);
}

TEST(HttpClient, ACancelledRequestClosesItsConnection) {
  Loop loop;
  bool received = false;
  bool closed = false;
  RawServer server(loop, [&](Tcp socket, int) -> Task<> {
    return [](Tcp peer, bool& got, bool& gone) -> Task<> {
      co_await read_request(peer);
      got = true;
      co_await read_all(peer);
      gone = true;
    }(std::move(socket), received, closed);
  });
  const auto client = client_for(loop, server.url());
  asio::cancellation_signal signal;
  std::optional<Errc> code;
  auto sending = get(*client, "/");
  auto done = [&code](std::exception_ptr error, Result<HttpResponse> answer) {
    // Either way of ending is one: an error that says so, or Asio's exception.
    code = error ? Errc::cancelled : answer.error().code();
  };
  asio::co_spawn(loop.io, std::move(sending), asio::bind_cancellation_slot(signal.slot(), done));
  loop.wait_for(received);
  signal.emit(asio::cancellation_type::terminal);
  loop.wait_for(closed);
  EXPECT_EQ(code, Errc::cancelled);
}

TEST(HttpClient, NobodyThereIsUnavailable) {
  Loop loop;
  std::uint16_t port = 0;
  {
    RawServer server(loop, once(kOk));
    port = server.port();
  }
  const auto client = client_for(loop, "http://127.0.0.1:" + std::to_string(port));
  const auto answer = loop.run(get(*client, "/"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable);
  EXPECT_NE(answer.error().message().find("refused"), std::string::npos)
      << answer.error().message();
}

TEST(HttpClient, NamesAreResolvedAndFailuresBounded) {
  Loop loop;
  RawServer server(loop, always(kOk));
  const auto local = client_for(loop, "http://localhost:" + std::to_string(server.port()));
  const auto answer = loop.run(get(*local, "/"));
  ASSERT_TRUE(answer) << answer.error().message();
  const auto nowhere = client_for(loop, "http://nowhere.invalid");
  const auto none = loop.run(nowhere->send(HttpRequest{}, in(Milliseconds{500})));
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().code() == Errc::unavailable || none.error().code() == Errc::timed_out);
}

TEST(HttpClient, ALineBreakNeverForgesAHeader) {
  Loop loop;
  RawServer server(loop, always(kOk));
  const auto client = client_for(loop, server.url());
  for (int i = 0; i < 3; ++i) {
    HttpRequest request;
    if (i == 0) request.headers.add("X-Tenant", "a\r\nX-Evil: 1");
    if (i == 1) request.target = "/ HTTP/1.1\r\nX-Evil: 1";
    if (i == 2) request.method = "GET\n";
    const auto answer = loop.run(client->send(std::move(request), soon()));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Errc::invalid_data);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, TheBaseUrlsPathQueryAndUserinfoAreUsed) {
  Loop loop;
  std::string seen;
  RawServer server(loop, [&seen](Tcp socket, int) -> Task<> {
    return [](Tcp peer, std::string& text) -> Task<> {
      text = co_await read_request(peer);
      co_await say(peer, kOk);
    }(std::move(socket), seen);
  });
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  const auto client = client_for(loop, "http://u:p@" + host + "/prefix/?k=v");
  ASSERT_TRUE(loop.run(get(*client, "/push?a=b")));
  EXPECT_EQ(seen.substr(0, seen.find("\r\n")), "GET /prefix/push?a=b&k=v HTTP/1.1");
  EXPECT_NE(seen.find("Authorization: Basic dTpw\r\n"), std::string::npos);
  EXPECT_NE(seen.find("Host: " + host + "\r\n"), std::string::npos);
  ASSERT_TRUE(loop.run(get(*client, "")));
  EXPECT_EQ(seen.substr(0, seen.find("\r\n")), "GET /prefix/?k=v HTTP/1.1");
}

TEST(HttpClient, PlainRequestsToAProxyNameTheWholeUrl) {
  Loop loop;
  std::string seen;
  RawServer proxy(loop, [&seen](Tcp socket, int) -> Task<> {
    return [](Tcp peer, std::string& text) -> Task<> {
      text = co_await read_request(peer);
      co_await say(peer, kOk);
    }(std::move(socket), seen);
  });
  HttpClientOptions options;
  options.proxy = "http://u:p@127.0.0.1:" + std::to_string(proxy.port());
  const auto client = client_for(loop, "http://far.example:8080/a", options);
  ASSERT_TRUE(loop.run(get(*client, "/b")));
  EXPECT_EQ(seen.substr(0, seen.find("\r\n")), "GET http://far.example:8080/a/b HTTP/1.1");
  EXPECT_NE(seen.find("Host: far.example:8080\r\n"), std::string::npos);
  EXPECT_NE(seen.find("Proxy-Authorization: Basic dTpw\r\n"), std::string::npos);
}

TEST(HttpClient, NoProxyListsNamesDomainsAndNetworks) {
  const std::vector<std::string> list = {"example.com", ".corp", "10.0.0.0/8", "fd00::/8",
                                         "192.0.2.7"};
  for (const char* in :
       {"example.com", "a.b.example.COM", "x.corp", "10.255.0.1", "fd12::1", "192.0.2.7"}) {
    EXPECT_TRUE(is_excluded_from_proxy(in, list)) << in;
  }
  for (const char* out :
       {"badexample.com", "example.com.evil", "11.0.0.1", "fe80::1", "192.0.2.8", "com"}) {
    EXPECT_FALSE(is_excluded_from_proxy(out, list)) << out;
  }
  EXPECT_TRUE(is_excluded_from_proxy("anything", {"*"}));
}

TEST(HttpClient, ImpossibleOptionsAreRefused) {
  Loop loop;
  const std::function<void(HttpClientOptions&)> cases[] = {
      [](HttpClientOptions& o) { o.proxy = "socks5://x:1"; },
      [](HttpClientOptions& o) { o.proxy = "https://x:1"; },
      [](HttpClientOptions& o) { o.tls.cert_file = "/only/one"; },
      [](HttpClientOptions& o) { o.tls.ca_file = "/not/there.pem"; },
      [](HttpClientOptions& o) { o.url = Url::parse("unix:/" + std::string(200, 'x')).value(); },
  };
  for (const auto& change : cases) {
    HttpClientOptions options;
    options.url = Url::parse("https://x").value();
    change(options);
    const auto client = make_http_client(loop.executor(), options);
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code(), Errc::invalid_data) << client.error().message();
  }
}

TEST(HttpClient, ManyCoroutinesOnManyThreadsShareAClient) {
  asio::io_context io;
  HttpServer server(io.get_executor(), on_loopback());
  server.add("POST", "/", echo);
  ASSERT_TRUE(server.start());
  HttpClientOptions options;
  options.url = Url::parse("http://" + server.local_address().to_string()).value();
  const Executor strand = asio::make_strand(io.get_executor());
  auto made = make_http_client(strand, options);
  ASSERT_TRUE(made);
  HttpClient& client = **made;
  std::atomic<int> good = 0;
  constexpr int kTasks = 60;
  std::atomic<int> left = kTasks;
  const auto work = [&client, &good](int number) -> Task<> {
    for (int i = 0; i < 5; ++i) {
      const std::string body = std::to_string(number * 100 + i);
      auto sending = post(client, "/", body);
      const auto answer = co_await std::move(sending);
      if (answer && answer->body == "POST / " + body) ++good;
    }
  };
  for (int i = 0; i < kTasks; ++i) {
    auto working = work(i);
    // Half of them on the client's strand, half elsewhere.
    const Executor on = i % 2 == 0 ? strand : Executor(asio::make_strand(io.get_executor()));
    asio::co_spawn(on, std::move(working), [&](std::exception_ptr) {
      if (--left > 0) return;
      auto stopping = server.stop(soon());
      asio::co_spawn(io, std::move(stopping), asio::detached);
      asio::post(strand, [&made] { made->reset(); });
    });
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&io] { io.run_for(std::chrono::seconds(60)); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, kTasks * 5);
}

}  // namespace
}  // namespace pipeline
