#include "pipeline/net/http_connect.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

#include "pipeline/net/auth.h"
#include "pipeline/net/authority.h"
#include "pipeline/net/http_wire.h"

namespace pipeline {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

void set_tcp_options(int descriptor, Milliseconds unacknowledged) {
  // Advisory: a kernel that refuses one of them still has a connection.
  const int on = 1;
  const auto timeout = static_cast<unsigned>(unacknowledged.count());
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

bool contains_address(const std::string& network, const asio::ip::address& address) {
  IoError error;
  if (address.is_v4()) {
    const auto v4 = asio::ip::make_network_v4(network, error);
    if (error) return false;
    const auto hosts = asio::ip::network_v4(address.to_v4(), v4.prefix_length());
    return hosts.canonical() == v4.canonical();
  }
  const auto v6 = asio::ip::make_network_v6(network, error);
  if (error) return false;
  const auto hosts = asio::ip::network_v6(address.to_v6(), v6.prefix_length());
  return hosts.canonical() == v6.canonical();
}

}  // namespace

bool is_excluded_from_proxy(const std::string& host, const std::vector<std::string>& no_proxy) {
  IoError error;
  const auto address = asio::ip::make_address(host, error);
  const bool is_address = !error;
  for (std::string entry : no_proxy) {
    if (entry == "*") return true;
    if (is_address && (entry == host || contains_address(entry, address))) return true;
    if (is_address) continue;
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (entry.empty() || host.size() < entry.size()) continue;
    const std::size_t before = host.size() - entry.size();
    if (equal_ignoring_case(std::string_view(host).substr(before), entry) &&
        (before == 0 || host[before - 1] == '.')) {
      return true;
    }
  }
  return false;
}

// getaddrinfo() cannot be stopped, so a caller that gives up leaves it behind.
struct HttpConnector::Lookup {
  explicit Lookup(const Executor& executor) : woken(executor) {}
  asio::steady_timer woken;  // cancelled when the answer is there
  bool done = false;
  IoError error;
};

HttpConnector::HttpConnector(Executor executor, HttpClientOptions options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

Result<std::shared_ptr<HttpConnector>> HttpConnector::make(Executor executor,
                                                           HttpClientOptions options) {
  std::shared_ptr<HttpConnector> self(new HttpConnector(std::move(executor), std::move(options)));
  const Url& url = self->options_.url;
  const std::string& proxy = self->options_.proxy;
  const std::size_t longest_path = asio::local::stream_protocol::endpoint().capacity();
  if (url.scheme == Url::Scheme::unix_socket && url.socket_path.size() >= longest_path) {
    return failure(Errc::invalid_data, "the path of a unix socket has at most 107 bytes");
  }
  if (url.scheme != Url::Scheme::unix_socket && !proxy.empty() &&
      !is_excluded_from_proxy(url.host, self->options_.no_proxy)) {
    auto parsed = Url::parse(proxy);
    if (!parsed) return std::unexpected(std::move(parsed).error().during("proxy"));
    if (parsed->scheme != Url::Scheme::http) {
      return failure(Errc::invalid_data, "proxy: write http://[user:password@]host:port");
    }
    if (const std::string& user = parsed->userinfo; !user.empty()) {
      const std::size_t colon = std::min(user.find(':'), user.size());
      const std::string_view password =
          std::string_view(user).substr(std::min(colon + 1, user.size()));
      self->proxy_authorization_ = basic_auth(user.substr(0, colon), password);
    }
    self->proxy_ = std::move(*parsed);
  }
  if (url.scheme == Url::Scheme::https) {
    auto tls = TlsContext::client(self->options_.tls, self->options_.on_warning);
    if (!tls) return std::unexpected(std::move(tls).error().during("tls"));
    self->tls_ = std::move(*tls);
  }
  return self;
}

Task<Result<std::shared_ptr<Stream>>> HttpConnector::connect(Instant deadline) {
  const auto self = shared_from_this();
  const Url& hop = next_hop();
  if (hop.scheme == Url::Scheme::unix_socket) {
    const asio::local::stream_protocol::endpoint address(hop.socket_path);
    const std::string name = "unix:" + hop.socket_path;
    co_return co_await connect_to(address, name, deadline);
  }
  auto addresses = co_await resolve(deadline);
  if (!addresses) co_return std::unexpected(std::move(addresses).error());
  Error last(Errc::unavailable, "resolving " + hop.host + ": it has no address");
  for (const auto& address : *addresses) {
    const std::string name = join_host_port(address.address().to_string(), address.port());
    auto stream = co_await connect_to(address, name, deadline);
    if (stream) {
      // Asked first the next time, and while the name cannot be resolved.
      last_good_ = std::move(*addresses);
      const auto answered = std::find(last_good_.begin(), last_good_.end(), address);
      if (answered != last_good_.end()) std::iter_swap(last_good_.begin(), answered);
      co_return stream;
    }
    last = std::move(stream).error();
    if (last.code() == Errc::cancelled || std::chrono::steady_clock::now() >= deadline) break;
  }
  co_return std::unexpected(std::move(last));
}

Task<Result<HttpConnector::Addresses>> HttpConnector::resolve(Instant deadline) {
  const Url& hop = next_hop();
  IoError not_an_address;
  const auto literal = asio::ip::make_address(hop.host, not_an_address);
  if (!not_an_address) co_return Addresses{{literal, hop.port}};

  if (!resolver_) resolver_ = std::make_shared<asio::ip::tcp::resolver>(executor_);
  const auto lookup = std::make_shared<Lookup>(executor_);
  lookup->woken.expires_at(deadline);
  resolver_->async_resolve(
      hop.host, std::to_string(hop.port),
      [weak = weak_from_this(), lookup](const IoError& error,
                                        const asio::ip::tcp::resolver::results_type& results) {
        lookup->done = true;
        lookup->error = error;
        if (const auto self = weak.lock()) {
          Addresses found;
          for (const auto& result : results) found.push_back(result.endpoint());
          self->resolved(error, std::move(found));
        }
        lookup->woken.cancel();
      });
  co_await lookup->woken.async_wait(kToken);
  if (!lookup->done) {
    if (std::chrono::steady_clock::now() < deadline) {
      co_return failure(Errc::cancelled, "resolving " + hop.host + ": cancelled");
    }
    if (last_good_.empty()) {
      co_return failure(Errc::timed_out, "resolving " + hop.host + ": no answer in time");
    }
  } else if (lookup->error && last_good_.empty()) {
    co_return failure(Errc::unavailable, "resolving " + hop.host + ": " + lookup->error.message());
  }
  co_return last_good_;
}

void HttpConnector::resolved(const IoError& error, Addresses found) {
  if (!error && !found.empty()) {
    // Keeps the one that answered in front if the name still has it.
    if (!last_good_.empty()) {
      const auto known = std::find(found.begin(), found.end(), last_good_.front());
      if (known != found.end()) std::iter_swap(found.begin(), known);
    }
    last_good_ = std::move(found);
    resolving_fails_ = false;
  } else if (!last_good_.empty() && !std::exchange(resolving_fails_, true) && options_.on_warning) {
    options_.on_warning(fmt::format("resolving {}: {}; its last addresses stay in use",
                                    next_hop().host, error.message()));
  }
}

Task<Result<std::shared_ptr<Stream>>> HttpConnector::connect_to(
    Stream::Socket::endpoint_type address, const std::string& name, Instant deadline) {
  const auto stream = std::make_shared<Stream>(executor_);
  StreamLease lease(stream);
  const Instant limit = std::chrono::steady_clock::now() + options_.connect_timeout;
  stream->set_deadline(std::min(deadline, limit));
  auto [failed] = co_await stream->socket().async_connect(address, kToken);
  Result<> ready;
  if (failed) {
    ready = std::unexpected(stream->describe(failed, "connecting to " + name));
  } else {
    if (address.protocol().family() != AF_UNIX) {
      set_tcp_options(stream->socket().native_handle(), options_.unacknowledged_timeout);
    }
    if (tls_ && proxy_) ready = co_await open_tunnel(*stream);
    if (ready && tls_) ready = co_await start_tls(*stream);
    if (!ready) ready = std::unexpected(std::move(ready).error().during("connecting to " + name));
  }
  if (!ready) {
    Error why = std::move(ready).error();
    // Nobody has acted on a request that was not sent.
    if (why.code() == Errc::timed_out && limit < deadline) {
      why = Error(Errc::unavailable, fmt::format("connecting to {}: no connection within {} ms",
                                                 name, options_.connect_timeout.count()));
    }
    co_return std::unexpected(std::move(why));
  }
  stream->clear_deadline();
  if (stream->expired()) co_return failure(Errc::timed_out, "connecting to " + name);
  co_return lease.release();
}

Task<Result<>> HttpConnector::open_tunnel(Stream& stream) {
  const std::string target = options_.url.authority(true);
  std::string head = "CONNECT " + target + " HTTP/1.1\r\n";
  append_field(head, "Host", target);
  append_field(head, "User-Agent", options_.user_agent);
  if (!proxy_authorization_.empty())
    append_field(head, "Proxy-Authorization", proxy_authorization_);
  head.append("\r\n");
  const std::array<asio::const_buffer, 1> pieces{asio::buffer(head)};
  IoError error;
  co_await stream.write_all(pieces, error);
  if (error) co_return std::unexpected(stream.describe(error, "asking the proxy for a tunnel"));
  ResponseParser answer(options_.max_response_header, options_.max_response_body);
  answer.skip(true);  // what follows belongs to the tunnel
  const ReadFault fault = co_await read_head(stream, answer);
  if (fault.kind == ReadFault::Kind::io) {
    co_return std::unexpected(stream.describe(fault.error, "reading the proxy's answer"));
  }
  if (fault) co_return failure(Errc::invalid_data, "the proxy's answer is malformed");
  if (answer.status / 100 != 2) {
    co_return failure(Errc::unavailable, fmt::format("the proxy answered {} {} to CONNECT",
                                                     answer.status, reason_phrase(answer.status)));
  }
  co_return Result<>{};
}

Task<Result<>> HttpConnector::start_tls(Stream& stream) {
  SSL* const ssl = stream.add_tls(tls_->current());
  const TlsClientOptions& tls = options_.tls;
  const std::string& expected = tls.server_name.empty() ? options_.url.host : tls.server_name;
  if (auto set = expect_peer(ssl, expected, !tls.insecure_skip_verify); !set) co_return set;
  IoError error;
  co_await stream.handshake(asio::ssl::stream_base::client, error);
  if (error) co_return std::unexpected(stream.describe(error, "tls handshake"));
  co_return Result<>{};
}

}  // namespace pipeline
