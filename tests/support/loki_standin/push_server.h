#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "tests/support/loki_standin/http.h"
#include "tests/support/loki_standin/script.h"
#include "tests/support/loki_standin/socket.h"
#include "tests/support/loki_standin/store.h"

namespace loki_standin {

struct TlsFiles {
  std::string cert;       // PEM chain; empty: no TLS
  std::string key;        // PEM
  std::string client_ca;  // PEM; not empty: clients need a certificate that it signed
};

// One push as it was seen and answered.
struct Seen {
  std::chrono::milliseconds at{0};  // since the server was made
  int status = 0;                   // 0: reset or never answered
  std::uint64_t bytes = 0;          // of the body, as sent
  std::uint64_t stored = 0;
  std::uint64_t refused = 0;
  std::uint64_t connection = 0;
  std::uint64_t digest = 0;  // of the body; 0 if it was not read whole
  std::string tenant;
  std::string user_agent;
};

// The push port: a thread a connection, answers from the script or from the store.
class PushServer {
 public:
  static constexpr std::size_t kSeenMax = 20'000;
  static constexpr std::size_t kConnectionsMax = 1024;

  struct Stats {
    std::map<int, std::uint64_t> by_status;  // 0: reset or never answered
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
    std::uint64_t connections = 0;
    std::uint64_t tls_refused = 0;
  };

  PushServer(Store& store, Script& script, std::uint16_t port);
  ~PushServer();
  PushServer(const PushServer&) = delete;
  PushServer& operator=(const PushServer&) = delete;

  // Reads the certificates and opens the listener. The error says which failed.
  std::expected<void, std::string> start(const TlsFiles& tls);
  std::uint16_t port() const { return listener_.port(); }

  // Down: closes all connections and refuses new ones. Both return once it is so.
  void set_up(bool up);

  Stats stats();
  std::deque<Seen> seen();
  void reset();

 private:
  void accept_connections();
  void serve(int fd, std::uint64_t number);
  // False: the connection is over.
  bool serve_request(Socket& socket, HttpConnection& http, HttpRequest& request, Seen& seen);
  bool serve_push(Socket& socket, HttpConnection& http, HttpRequest& request, Seen& seen);
  bool answer(Socket& socket, HttpConnection& http, const HttpRequest& request, const Step& step,
              Seen& seen);
  HttpResponse judge(const HttpRequest& request, Seen& seen);
  void hang(Socket& socket, std::chrono::milliseconds duration);
  void record(const Seen& seen);

  Store& store_;
  Script& script_;
  Listener listener_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls_{nullptr, SSL_CTX_free};
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_up_ = true;
  bool is_up_ = false;
  bool stopping_ = false;
  std::set<Socket*> open_;
  Stats stats_;
  std::deque<Seen> seen_;
  std::thread acceptor_;
};

}  // namespace loki_standin
