#include "pipeline/net/stream.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <string>
#include <tuple>

namespace pipeline {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

}  // namespace

Stream::Stream(const Executor& executor) : socket_(executor), timer_(executor) {}

void Stream::set_deadline(Instant when) {
  const std::uint64_t number = ++deadline_number_;
  timer_.expires_at(when);
  timer_.async_wait([weak = weak_from_this(), number](const IoError& error) {
    const auto self = weak.lock();
    // A timer whose time has come cannot be called back: its number tells.
    if (error || !self || self->deadline_number_ != number) return;
    self->expired_ = true;
    self->close();
  });
}

void Stream::clear_deadline() {
  ++deadline_number_;
  timer_.cancel();
}

void Stream::close() noexcept {
  ++deadline_number_;
  // OpenSSL would otherwise take the session for broken and refuse to resume it.
  if (tls_) SSL_set_shutdown(tls_->native_handle(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  IoError ignored;
  socket_.close(ignored);
  try {
    timer_.cancel();
  } catch (const boost::system::system_error&) {
    // Documented as possible and, with timers, not the case.
  }
}

SSL* Stream::add_tls(std::shared_ptr<asio::ssl::context> context) {
  context_ = std::move(context);
  tls_.emplace(socket_, *context_);
  return tls_->native_handle();
}

Task<> Stream::handshake(asio::ssl::stream_base::handshake_type type, IoError& error) {
  auto [failed] = co_await tls_->async_handshake(type, kToken);
  error = failed;
}

Task<std::size_t> Stream::read_some(asio::mutable_buffer into, IoError& error) {
  if (tls_) {
    auto [failed, size] = co_await tls_->async_read_some(into, kToken);
    error = failed;
    co_return size;
  }
  auto [failed, size] = co_await socket_.async_read_some(into, kToken);
  error = failed;
  co_return size;
}

Task<> Stream::fill(std::size_t at_most, IoError& error) {
  const auto space = buffer_.prepare(at_most);
  const std::size_t size = co_await read_some(space, error);
  buffer_.commit(size);
}

Task<> Stream::write_all(std::span<const asio::const_buffer> pieces, IoError& error) {
  if (tls_) {
    auto [failed, size] = co_await asio::async_write(*tls_, pieces, kToken);
    error = failed;
  } else {
    auto [failed, size] = co_await asio::async_write(socket_, pieces, kToken);
    error = failed;
  }
}

Task<> Stream::linger(std::size_t forget_max) {
  IoError error;
  if (tls_) {
    auto [failed] = co_await tls_->async_shutdown(kToken);
    error = failed;
  }
  socket_.shutdown(Socket::shutdown_send, error);
  std::array<char, 16384> forgotten;  // NOLINT: written before it is read, and then not even read
  for (std::size_t sum = 0; sum < forget_max && !error && socket_.is_open();) {
    auto [failed, size] = co_await socket_.async_read_some(asio::buffer(forgotten), kToken);
    error = failed;
    sum += size;
  }
}

Error Stream::describe(const IoError& error, std::string_view doing) const {
  std::string text(doing);
  if (expired_) return Error(Errc::timed_out, text + ": no progress in time");
  if (error == asio::error::operation_aborted) return Error(Errc::cancelled, text + ": cancelled");
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return Error(Errc::unavailable, text + ": the peer closed the connection");
  }
  if (tls_ && error.category() == asio::error::get_ssl_category()) {
    // native_handle() is not const although it changes nothing.
    SSL* const ssl = const_cast<Tls&>(*tls_).native_handle();
    if (const long verdict = SSL_get_verify_result(ssl); verdict != X509_V_OK) {
      return Error(Errc::unavailable, text + ": the peer's certificate is not accepted: " +
                                          X509_verify_cert_error_string(verdict));
    }
  }
  return Error(Errc::unavailable, text + ": " + error.message());
}

}  // namespace pipeline
