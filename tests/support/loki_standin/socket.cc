#include "tests/support/loki_standin/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace loki_standin {

Socket::~Socket() {
  tls_.reset();
  ::close(fd_);
}

bool Socket::accept_tls(SSL_CTX* context) {
  tls_.reset(SSL_new(context));
  return tls_ != nullptr && SSL_set_fd(tls_.get(), fd_) == 1 && SSL_accept(tls_.get()) == 1;
}

std::ptrdiff_t Socket::read(char* into, std::size_t size) {
  if (tls_ != nullptr) {
    std::size_t got = 0;
    if (SSL_read_ex(tls_.get(), into, size, &got) == 1) return static_cast<std::ptrdiff_t>(got);
    return SSL_get_error(tls_.get(), 0) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }
  while (true) {
    const ssize_t got = ::recv(fd_, into, size, 0);
    if (got >= 0 || errno != EINTR) return got;
  }
}

bool Socket::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    if (tls_ != nullptr) {
      if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) != 1) return false;
    } else {
      const ssize_t got = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return false;
      sent = static_cast<std::size_t>(got);
    }
    bytes.remove_prefix(sent);
  }
  return true;
}

void Socket::reset_on_close() {
  const linger now{1, 0};
  (void)::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  if (tls_ != nullptr) SSL_set_quiet_shutdown(tls_.get(), 1);
}

void Socket::shut_down() { (void)::shutdown(fd_, SHUT_RDWR); }

bool Socket::wait_for_peer_close(int milliseconds) {
  pollfd wait{fd_, POLLRDHUP, 0};
  return ::poll(&wait, 1, milliseconds) > 0;
}

bool Listener::open() {
  if (fd_ >= 0) return true;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int yes = 1;
  (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  constexpr int kBacklog = 1024;
  if (::bind(fd, raw, size) != 0 || ::listen(fd, kBacklog) != 0 ||
      ::getsockname(fd, raw, &size) != 0) {
    ::close(fd);
    return false;
  }
  port_ = ntohs(address.sin_port);
  fd_ = fd;
  return true;
}

void Listener::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int Listener::accept(int milliseconds) {
  pollfd wait{fd_, POLLIN, 0};
  if (::poll(&wait, 1, milliseconds) <= 0) return -1;
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return -1;
  const int yes = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  const timeval patience{Socket::kPatienceSeconds, 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  (void)::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  return fd;
}

}  // namespace loki_standin
