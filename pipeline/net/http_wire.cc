#include "pipeline/net/http_wire.h"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

#include "pipeline/base/bytes.h"

namespace pipeline {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kHeadRead = std::size_t{4} << 10;   // enough for nearly every header
constexpr std::size_t kBodyRead = std::size_t{64} << 10;  // bodies without a declared length
// Taken before any byte of a body has come; from there on it doubles up to the declared length, so
// that declaring a large body costs its sender more than a number.
constexpr std::size_t kFirstRoom = std::size_t{1} << 20;
// A chunk's own header line with its extensions, or the trailers.
constexpr std::size_t kChunkHeadMax = std::size_t{64} << 10;

ReadFault fault_of(const IoError& error) {
  if (error == http::error::header_limit) return {ReadFault::Kind::header_too_large, error};
  if (error == http::error::body_limit) return {ReadFault::Kind::body_too_large, error};
  return {ReadFault::Kind::malformed, error};
}

ReadFault io_fault(const IoError& error) { return {ReadFault::Kind::io, error}; }

class Pacer {
 public:
  Pacer(Stream& stream, BodyPace pace)
      : stream_(stream), pace_(pace), start_(std::chrono::steady_clock::now()) {}
  void received(std::size_t sum) {
    if (pace_.rate_min == 0) return;
    const auto earned = std::chrono::milliseconds(sum * 1000 / pace_.rate_min);
    stream_.set_deadline(start_ + pace_.grace + earned);
  }

 private:
  Stream& stream_;
  BodyPace pace_;
  Instant start_;
};

// The length is known: past what the buffer has already, straight into the body.
Task<ReadFault> read_declared(Stream& stream, std::string& body, std::size_t size, BodyPace pace) {
  Pacer pacer(stream, pace);
  auto& buffer = stream.buffer();
  std::size_t done = std::min(buffer.size(), size);
  resize_uninitialized(body, std::min(size, std::max(kFirstRoom, done)));
  asio::buffer_copy(asio::buffer(body.data(), done), buffer.data());
  buffer.consume(done);
  pacer.received(done);
  while (done < size) {
    if (done == body.size()) resize_uninitialized(body, std::min(size, 2 * done));
    IoError error;
    const auto space = asio::buffer(body.data() + done, body.size() - done);
    done += co_await stream.read_some(space, error);
    if (error) co_return io_fault(error);
    pacer.received(done);
  }
  co_return ReadFault{};
}

}  // namespace

template <bool kIsRequest>
Task<ReadFault> read_head(Stream& stream, MessageParser<kIsRequest>& parser) {
  auto& buffer = stream.buffer();
  while (true) {
    if (buffer.size() > 0) {
      IoError error;
      buffer.consume(parser.put(buffer.data(), error));
      if (!error && parser.is_header_done()) co_return ReadFault{};
      if (error && error != http::error::need_more) co_return fault_of(error);
      if (!error) continue;
    }
    IoError error;
    co_await stream.fill(kHeadRead, error);
    if (error) co_return io_fault(error);
  }
}

template <bool kIsRequest>
Task<ReadFault> read_body(Stream& stream, MessageParser<kIsRequest>& parser, BodyPace pace) {
  if (parser.is_done()) co_return ReadFault{};
  if (const auto length = parser.content_length()) {
    co_return co_await read_declared(stream, parser.body, static_cast<std::size_t>(*length), pace);
  }
  Pacer pacer(stream, pace);
  auto& buffer = stream.buffer();
  while (true) {
    bool needs_more = buffer.size() == 0;
    if (!needs_more) {
      IoError error;
      buffer.consume(parser.put(buffer.data(), error));
      if (error && error != http::error::need_more) co_return fault_of(error);
      if (parser.is_done()) co_return ReadFault{};
      needs_more = static_cast<bool>(error);
      if (needs_more && buffer.size() > kChunkHeadMax) {
        co_return ReadFault{ReadFault::Kind::malformed, http::error::bad_chunk_extension};
      }
    }
    if (!needs_more) continue;
    IoError error;
    co_await stream.fill(kBodyRead, error);
    if (error == asio::error::eof) {
      // A body without length or chunks ends like this; anything else was cut.
      IoError cut;
      parser.put_eof(cut);
      if (!cut && parser.is_done()) co_return ReadFault{};
    }
    if (error) co_return io_fault(error);
    pacer.received(parser.body.size());
  }
}

template Task<ReadFault> read_head<true>(Stream&, RequestParser&);
template Task<ReadFault> read_head<false>(Stream&, ResponseParser&);
template Task<ReadFault> read_body<true>(Stream&, RequestParser&, BodyPace);
template Task<ReadFault> read_body<false>(Stream&, ResponseParser&, BodyPace);

bool is_field_safe(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace pipeline
