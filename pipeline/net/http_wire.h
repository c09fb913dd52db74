#pragma once

// Private to pipeline/net: brings in Beast.

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/base/task.h"
#include "pipeline/net/http_message.h"
#include "pipeline/net/stream.h"

namespace pipeline {

// Beast's parser with our own structures behind it, so that a message is stored once. Fields behind
// a chunked body (trailers) are parsed and forgotten: nobody may change a header afterwards.
template <bool kIsRequest>
class MessageParser final : public boost::beast::http::basic_parser<kIsRequest> {
 public:
  MessageParser(std::size_t max_header, std::size_t max_body) {
    this->header_limit(static_cast<std::uint32_t>(max_header));
    this->body_limit(max_body);
  }

  std::string method;
  std::string target;
  int status = 0;
  int version = 0;  // 10 or 11
  HttpHeaders headers;
  std::string body;

 private:
  using Text = boost::beast::string_view;
  using Code = boost::beast::error_code;
  static std::string_view view(Text text) { return {text.data(), text.size()}; }

  void on_request_impl(boost::beast::http::verb, Text verb, Text path, int major_minor,
                       Code&) override {
    method = view(verb);
    target = view(path);
    version = major_minor;
  }
  void on_response_impl(int code, Text, int major_minor, Code&) override {
    status = code;
    version = major_minor;
  }
  void on_field_impl(boost::beast::http::field, Text name, Text value, Code&) override {
    if (!header_done_) headers.add(std::string(view(name)), std::string(view(value)));
  }
  void on_header_impl(Code&) override { header_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text piece, Code&) override {
    body.append(view(piece));
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text piece, Code&) override {
    body.append(view(piece));
    return piece.size();
  }
  void on_finish_impl(Code&) override {}

  bool header_done_ = false;
};

using RequestParser = MessageParser<true>;
using ResponseParser = MessageParser<false>;

// Why a message could not be read.
struct ReadFault {
  enum class Kind : std::uint8_t { none, io, malformed, header_too_large, body_too_large };
  Kind kind = Kind::none;
  IoError error;
  explicit operator bool() const noexcept { return kind != Kind::none; }
};

// How slowly a body may come: any way it likes for `grace`, then `rate_min` bytes a second on
// average. A rate of zero leaves the stream's deadline alone.
struct BodyPace {
  Milliseconds grace{0};
  std::size_t rate_min = 0;
};

// Both read through the stream's buffer and leave there what belongs to the next message.
template <bool kIsRequest>
Task<ReadFault> read_head(Stream& stream, MessageParser<kIsRequest>& parser);
template <bool kIsRequest>
Task<ReadFault> read_body(Stream& stream, MessageParser<kIsRequest>& parser, BodyPace pace);

// True unless the text holds a line break or a zero, which could forge another field.
bool is_field_safe(std::string_view text) noexcept;
// "Name: value\r\n"
void append_field(std::string& head, std::string_view name, std::string_view value);

}  // namespace pipeline
