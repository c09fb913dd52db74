#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace loki_standin {

// A blocking TCP connection, TLS if asked for. One thread uses it; shut_down() from any.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket();  // closes
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Shakes hands as a server. False: the peer failed to, or its certificate was refused.
  bool accept_tls(SSL_CTX* context);
  // The bytes read; 0 at the end, negative on an error or after kPatienceSeconds without a byte.
  std::ptrdiff_t read(char* into, std::size_t size);
  bool write_all(std::string_view bytes);
  // Closing sends RST instead of FIN, so that the peer sees a reset.
  void reset_on_close();
  // Makes a blocked read return.
  void shut_down();
  // True when the peer has closed or reset. Waits for it at most `milliseconds`.
  bool wait_for_peer_close(int milliseconds);

  static constexpr int kPatienceSeconds = 120;

 private:
  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
};

// Listens on 127.0.0.1. Port 0 takes a free one and keeps it over close() and open().
class Listener {
 public:
  explicit Listener(std::uint16_t port) : port_(port) {}
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  bool open();   // any thread; true if it already is
  void close();  // any thread; new connections are refused from now on
  std::uint16_t port() const { return port_; }
  // The next connection's descriptor; -1 when there is none within `milliseconds`.
  int accept(int milliseconds);

 private:
  std::uint16_t port_;
  int fd_ = -1;
};

}  // namespace loki_standin
