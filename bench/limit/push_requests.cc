#include "bench/limit/push_requests.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <snappy.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "pipeline/base/bytes.h"
#include "pipeline/codec/protobuf.h"

namespace bench {
namespace pb = pipeline::protobuf;
namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::uint64_t mix(std::string_view text) {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::memcpy(&a, text.data(), text.size() < 8 ? text.size() : 8);
  if (text.size() > 8) std::memcpy(&b, text.data() + text.size() - 8, 8);
  return (a ^ (b * 31) ^ text.size()) * 0x9E3779B97F4A7C15ULL;
}

}  // namespace

PushRequests::PushRequests(int port, bool is_compressed)
    : slots_(kSlots, 0), is_compressed_(is_compressed) {
  streams_.reserve(kSlots);
  if (port == 0) return;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

PushRequests::~PushRequests() {
  if (socket_ >= 0) ::close(socket_);
}

PushRequests::Stream& PushRequests::find(std::string_view service, std::string_view level) {
  for (std::uint64_t hash = (mix(service) ^ (mix(level) >> 7)) >> 20;; ++hash) {
    std::uint32_t& slot = slots_[hash % kSlots];
    if (slot == 0) {
      if (streams_.size() + 1 >= kSlots) {
        std::fprintf(stderr, "more streams than this loop is made for\n");
        std::exit(1);
      }
      Stream stream;
      stream.key.append(service).push_back('\0');
      stream.key.append(level);
      stream.labels.append("{level=\"")
          .append(level)
          .append("\", service=\"")
          .append(service)
          .append("\"}");
      streams_.push_back(std::move(stream));
      slot = static_cast<std::uint32_t>(streams_.size());
      return streams_.back();
    }
    Stream& stream = streams_[slot - 1];
    if (stream.key.size() == service.size() + 1 + level.size() &&
        std::memcmp(stream.key.data(), service.data(), service.size()) == 0 &&
        std::memcmp(stream.key.data() + service.size() + 1, level.data(), level.size()) == 0) {
      return stream;
    }
  }
}

void PushRequests::put(Stream& stream, std::int64_t time_ns, std::string_view line) {
  const auto seconds = static_cast<std::uint64_t>(time_ns / 1'000'000'000);
  const auto nanos = static_cast<std::uint64_t>(time_ns % 1'000'000'000);
  const std::size_t time_size = pb::varint_field_size(1, seconds) + pb::varint_field_size(2, nanos);
  const std::size_t entry_size =
      pb::bytes_field_size(1, time_size) + pb::bytes_field_size(2, line.size());
  const std::size_t size = pb::bytes_field_size(2, entry_size);
  char* at = pipeline::extend(stream.entries, size);
  at = pb::put_bytes_header(at, 2, entry_size);
  at = pb::put_bytes_header(at, 1, time_size);
  at = pb::put_varint_field(at, 1, seconds);
  at = pb::put_varint_field(at, 2, nanos);
  pb::put_bytes_field(at, 2, line);
  bytes_ += size;
}

void PushRequests::flush() {
  if (bytes_ == 0) return;
  std::size_t size = 0;
  for (const Stream& stream : streams_) {
    if (stream.entries.empty()) continue;
    size += pb::bytes_field_size(
        1, pb::bytes_field_size(1, stream.labels.size()) + stream.entries.size());
  }
  pipeline::resize_uninitialized(body_, size);
  char* at = body_.data();
  for (Stream& stream : streams_) {
    if (stream.entries.empty()) continue;
    at = pb::put_bytes_header(
        at, 1, pb::bytes_field_size(1, stream.labels.size()) + stream.entries.size());
    at = pb::put_bytes_field(at, 1, stream.labels);
    at = pb::put_raw(at, stream.entries);
    stream.entries.clear();
  }
  bytes_ = 0;
  send();
}

void PushRequests::send() {
  std::string_view payload = body_;
  char literal[10];
  std::size_t literal_size = 0;
  if (is_compressed_) {
    pipeline::resize_uninitialized(payload_, snappy::MaxCompressedLength(body_.size()));
    std::size_t size = 0;
    snappy::RawCompress(body_.data(), body_.size(), payload_.data(), &size);
    payload = std::string_view(payload_).substr(0, size);
  } else {
    // Length, then one literal with a four-byte length.
    char* p = pb::put_varint(literal, body_.size());
    *p++ = static_cast<char>(63 << 2);
    const auto length = static_cast<std::uint32_t>(body_.size() - 1);
    std::memcpy(p, &length, 4);
    literal_size = static_cast<std::size_t>(p + 4 - literal);
  }
  ++requests_;
  sent_bytes_ += payload.size() + literal_size;
  if (socket_ < 0) return;

  char head[256];
  const int head_size =
      std::snprintf(head, sizeof head,
                    "POST /loki/api/v1/push HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    "Content-Type: application/x-protobuf\r\nContent-Length: %zu\r\n\r\n",
                    payload.size() + literal_size);
  iovec parts[] = {{head, static_cast<std::size_t>(head_size)},
                   {literal, literal_size},
                   {const_cast<char*>(payload.data()), payload.size()}};
  std::size_t part = 0;
  while (part < 3) {
    const ssize_t sent = ::writev(socket_, parts + part, static_cast<int>(3 - part));
    if (sent < 0) fail("writev");
    auto left = static_cast<std::size_t>(sent);
    while (part < 3 && left >= parts[part].iov_len) left -= parts[part++].iov_len;
    if (part < 3) {
      parts[part].iov_base = static_cast<char*>(parts[part].iov_base) + left;
      parts[part].iov_len -= left;
    }
  }
  char answer[1024];
  std::size_t have = 0;
  while (true) {
    const ssize_t got = ::recv(socket_, answer + have, sizeof answer - have, 0);
    if (got <= 0) fail("recv");
    have += static_cast<std::size_t>(got);
    if (std::string_view(answer, have).find("\r\n\r\n") != std::string_view::npos) break;
    if (have == sizeof answer) fail("answer too long");
  }
  if (std::string_view(answer, have).substr(9, 3) != "204") {
    std::fprintf(stderr, "unexpected answer: %.*s\n", static_cast<int>(have), answer);
    std::exit(1);
  }
}

}  // namespace bench
