#include "pipeline/net/listen.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "pipeline/net/authority.h"

namespace pipeline {
namespace {

using Endpoint = asio::generic::stream_protocol::endpoint;
using boost::system::error_code;

std::unexpected<Error> failed(std::string_view doing, const ListenAddress& address,
                              const error_code& error) {
  return failure(Errc::unavailable,
                 std::string(doing) + " " + address.to_string() + ": " + error.message());
}

Result<Endpoint> tcp_endpoint(const ListenAddress& address) {
  if (address.host.empty()) {
    return Endpoint(asio::ip::tcp::endpoint(asio::ip::tcp::v6(), address.port));
  }
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int outcome = ::getaddrinfo(address.host.c_str(), nullptr, &wanted, &found);
  if (outcome != 0) {
    return failure(Errc::unavailable,
                   "listening on " + address.to_string() + ": " + ::gai_strerror(outcome));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  if (found->ai_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, found->ai_addr, sizeof v4);
    v4.sin_port = htons(address.port);
    return Endpoint(&v4, sizeof v4, IPPROTO_TCP);
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, found->ai_addr, sizeof v6);
  v6.sin6_port = htons(address.port);
  return Endpoint(&v6, sizeof v6, IPPROTO_TCP);
}

// Removes a socket file that nobody listens on. Anything else stays where it is.
Result<> remove_stale_socket(const ListenAddress& address) {
  const std::string& path = address.socket_path;
  struct stat s{};
  if (::lstat(path.c_str(), &s) != 0) return {};
  const auto refuse = [&](const char* why) {
    return failure(Errc::unavailable, "listening on " + address.to_string() + ": " + why);
  };
  if (!S_ISSOCK(s.st_mode)) return refuse("the path exists and is not a socket");
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return std::unexpected(Error::from_errno(errno, "probing " + path));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const int outcome = ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  const int number = errno;
  ::close(probe);
  // A full backlog answers EAGAIN: somebody listens.
  if (outcome == 0 || number == EAGAIN) return refuse("another process listens on it");
  if (number == ECONNREFUSED && ::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return std::unexpected(Error::from_errno(errno, "removing the stale socket " + path));
  }
  return {};
}

Result<Acceptor> listen_on_unix(const Executor& executor, const ListenAddress& address,
                                unsigned mode) {
  if (auto removed = remove_stale_socket(address); !removed) {
    return std::unexpected(std::move(removed).error());
  }
  Acceptor acceptor(executor);
  error_code error;
  const Endpoint endpoint{asio::local::stream_protocol::endpoint(address.socket_path)};
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.bind(endpoint, error);
  if (error) return failed("listening on", address, error);
  // Before listen(): until then every connection is refused.
  if (::chmod(address.socket_path.c_str(), static_cast<mode_t>(mode)) != 0) {
    return std::unexpected(Error::from_errno(errno, "setting the mode of " + address.socket_path));
  }
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed("listening on", address, error);
  return acceptor;
}

}  // namespace

Result<Acceptor> listen_on(const Executor& executor, const ListenAddress& address,
                           unsigned unix_mode) {
  if (address.is_unix()) return listen_on_unix(executor, address, unix_mode);
  auto endpoint = tcp_endpoint(address);
  if (!endpoint) return std::unexpected(std::move(endpoint).error());
  Acceptor acceptor(executor);
  error_code error;
  acceptor.open(endpoint->protocol(), error);
  if (error && address.host.empty()) {
    // A kernel without IPv6.
    *endpoint = asio::ip::tcp::endpoint(asio::ip::tcp::v4(), address.port);
    acceptor.open(endpoint->protocol(), error);
  }
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && endpoint->protocol().family() == AF_INET6) {
    // ":8465" means both families, "[::]:8465" says only one.
    const int only_v6 = address.host.empty() ? 0 : 1;
    ::setsockopt(acceptor.native_handle(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
  }
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed("listening on", address, error);
  return acceptor;
}

std::uint16_t port_of(const Endpoint& endpoint) {
  if (endpoint.protocol().family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, endpoint.data(), std::min(sizeof v4, endpoint.size()));
    return ntohs(v4.sin_port);
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, endpoint.data(), std::min(sizeof v6, endpoint.size()));
  return ntohs(v6.sin6_port);
}

std::string name_of(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (endpoint.protocol().family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, endpoint.data(), std::min(sizeof v4, endpoint.size()));
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (endpoint.protocol().family() == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, endpoint.data(), std::min(sizeof v6, endpoint.size()));
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
  } else {
    return "unix";
  }
  return join_host_port(text.data(), port_of(endpoint));
}

}  // namespace pipeline
