#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/result.h"
#include "pipeline/base/task.h"

namespace pipeline {

// Header fields in their order. Names compare without case, as HTTP wants it.
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;

  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  // The first of that name. The view is valid until the headers change.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  bool contains(std::string_view name) const noexcept { return find(name).has_value(); }
  void add(std::string name, std::string value);
  // Replaces all fields of that name.
  void set(std::string name, std::string value);
  void remove(std::string_view name);

  const std::vector<Field>& fields() const noexcept { return fields_; }
  std::vector<Field> release() && { return std::move(fields_); }
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  bool empty() const noexcept { return fields_.empty(); }

 private:
  std::vector<Field> fields_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

// A request, to be sent or as it came.
struct HttpRequest {
  std::string method = "GET";
  std::string target;   // "/path?query"
  HttpHeaders headers;  // a client adds Host, Content-Length, User-Agent and Connection itself
  std::string body;
  // A client sends these instead of `body` if there are any: pieces that somebody else owns until
  // send() has returned, so that a large body is not copied to stand behind a small one.
  std::vector<std::string_view> pieces;
  std::string peer;  // who sent it, "127.0.0.1:40112" or "unix"; filled by a server
};

// What a server knows before it has read the body.
struct HttpRequestHead {
  std::string method;
  std::string target;
  HttpHeaders headers;
  std::string peer;
  std::optional<std::uint64_t> content_length;  // nothing if the body is chunked
};

// Where a streaming answer is written.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // Sends one piece now. Fails when the peer has gone or the server is being stopped; then return.
  virtual Task<Result<>> write(std::string piece) = 0;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  // a server adds Content-Length, Date and Connection itself
  std::string body;
  // An answer without a known end (server only): called once the header is sent, writes pieces
  // until it returns. `body` is ignored then.
  std::function<Task<>(BodyWriter&)> body_stream;
};

// A short text answer.
HttpResponse text_response(int status, std::string body);

// "Not Found" for 404; "" for a status without a name.
std::string_view reason_phrase(int status) noexcept;

// Seconds or a date (RFC 9110, 10.2.3) as milliseconds from now, at most a day; nothing if there is
// none or it is malformed.
std::optional<std::chrono::milliseconds> retry_after(const HttpHeaders& headers);

}  // namespace pipeline
