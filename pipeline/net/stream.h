#pragma once

// Private to pipeline/net: brings in OpenSSL and Beast.

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "pipeline/base/clock.h"
#include "pipeline/base/result.h"
#include "pipeline/base/task.h"

namespace pipeline {

using IoError = boost::system::error_code;

// A connected socket, TCP or unix, perhaps with TLS on it, and one deadline over whatever it is
// doing. Everything happens on one serial executor; one coroutine reads or writes at a time.
//
// The deadline closes the socket, so that any operation under way ends with an error and expired()
// tells why. Error references outlive the tasks.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  using Socket = asio::generic::stream_protocol::socket;
  using Tls = asio::ssl::stream<Socket&>;

  explicit Stream(const Executor& executor);

  Socket& socket() noexcept { return socket_; }
  boost::beast::flat_buffer& buffer() noexcept { return buffer_; }  // read and not yet used
  bool has_tls() const noexcept { return tls_.has_value(); }

  void set_deadline(Instant when);  // replaces the one before
  void clear_deadline();
  bool expired() const noexcept { return expired_; }
  bool is_open() const noexcept { return socket_.is_open(); }
  // At once, without TLS's goodbye. May be called again.
  void close() noexcept;

  // Puts TLS on the socket. The context lives as long as the stream.
  SSL* add_tls(std::shared_ptr<asio::ssl::context> context);
  Task<> handshake(asio::ssl::stream_base::handshake_type type, IoError& error);

  // Waits for at least one byte. At the end of the stream the error is asio::error::eof.
  Task<std::size_t> read_some(asio::mutable_buffer into, IoError& error);
  // The same to the end of buffer(), `at_most` bytes.
  Task<> fill(std::size_t at_most, IoError& error);
  // `pieces` outlive the task.
  Task<> write_all(std::span<const asio::const_buffer> pieces, IoError& error);
  // Says goodbye, then reads and forgets until the peer has closed, the deadline comes or
  // `forget_max` bytes have passed: a socket that is closed with unread bytes resets the
  // connection, and the peer would lose an answer that it has not read yet.
  Task<> linger(std::size_t forget_max);

  // What to tell about an error of this stream.
  Error describe(const IoError& error, std::string_view doing) const;

 private:
  Socket socket_;
  std::shared_ptr<asio::ssl::context> context_;  // outlives tls_
  std::optional<Tls> tls_;
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::uint64_t deadline_number_ = 0;  // tells an old timer's call from the current one's
  bool expired_ = false;
};

// Closes the stream at the end of the scope unless it was released: also when a cancelled coroutine
// is unwound.
class StreamLease {
 public:
  explicit StreamLease(std::shared_ptr<Stream> stream) noexcept : stream_(std::move(stream)) {}
  StreamLease(StreamLease&&) noexcept = default;
  StreamLease& operator=(StreamLease&&) = delete;
  ~StreamLease() {
    if (stream_) stream_->close();
  }
  Stream& operator*() const noexcept { return *stream_; }
  Stream* operator->() const noexcept { return stream_.get(); }
  std::shared_ptr<Stream> release() noexcept { return std::move(stream_); }

 private:
  std::shared_ptr<Stream> stream_;
};

}  // namespace pipeline
