#pragma once

// Private to pipeline/net.

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <string>

#include "pipeline/base/result.h"
#include "pipeline/base/task.h"
#include "pipeline/net/address.h"

namespace pipeline {

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, Executor>;

// Binds and listens. A unix socket gets its permissions before anybody can connect; one that is
// left over from a process that has ended is replaced, one that somebody listens on is not.
Result<Acceptor> listen_on(const Executor& executor, const ListenAddress& address,
                           unsigned unix_mode);

// "127.0.0.1:8465", "[::1]:8465", "unix".
std::string name_of(const asio::generic::stream_protocol::endpoint& endpoint);
std::uint16_t port_of(const asio::generic::stream_protocol::endpoint& endpoint);

}  // namespace pipeline
