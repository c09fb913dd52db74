#include "pipeline/net/address.h"

#include <boost/asio/ip/address.hpp>

#include "pipeline/base/task.h"
#include "pipeline/net/authority.h"

namespace pipeline {

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  ListenAddress address;
  if (text.starts_with("unix:")) {
    text.remove_prefix(5);
    if (text.starts_with("//")) text.remove_prefix(2);
    if (text.empty()) return failure(Errc::invalid_data, "unix: has no path behind it");
    // sockaddr_un holds 108 bytes with the closing zero.
    if (text.size() > 107) {
      return failure(Errc::invalid_data, "the path of a unix socket has at most 107 bytes");
    }
    address.socket_path = text;
    return address;
  }
  if (text.find("://") != std::string_view::npos) {
    return failure(Errc::invalid_data, "write host:port or unix:PATH, without a scheme");
  }
  auto parts = split_host_port(text);
  if (!parts) return std::unexpected(std::move(parts).error());
  if (!parts->has_port) {
    return failure(Errc::invalid_data,
                   "the port is missing: write host:port, or :port for all "
                   "interfaces");
  }
  address.host = std::move(parts->host);
  address.port = parts->port;
  return address;
}

bool ListenAddress::is_loopback() const {
  if (is_unix() || host == "localhost") return true;
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(host, error);
  return !error && ip.is_loopback();
}

std::string ListenAddress::to_string() const {
  return is_unix() ? "unix:" + socket_path : join_host_port(host, port);
}

}  // namespace pipeline
