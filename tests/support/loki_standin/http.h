#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/loki_standin/socket.h"

namespace loki_standin {

struct HttpRequest {
  std::string method;
  std::string path;                            // without the query
  std::string query;                           // without the '?', not decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string_view header(const std::string& name) const;
  std::string_view parameter(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool close = false;
};

// Reads requests of one connection and writes answers: HTTP/1.1 with keep-alive, Content-Length,
// chunked bodies and Expect. What a head may hold is bounded.
class HttpConnection {
 public:
  static constexpr std::size_t kHeadBytesMax = 64UL << 10U;

  enum class Read : std::uint8_t { ok, closed, malformed, too_large };

  explicit HttpConnection(Socket& socket) : socket_(socket) {}

  Read read_head(HttpRequest& out);
  // After read_head(). A larger body is read and thrown away, so that the answer arrives.
  Read read_body(HttpRequest& request, std::size_t bytes_max);
  // Reads at least `bytes` of the body, or all of it if it is shorter, then stops.
  void read_some_of_body(const HttpRequest& request, std::size_t bytes);
  // Sleeps between reads so that a body arrives no faster than this; 0: as it comes.
  void set_read_rate(std::uint64_t bytes_per_second) { read_rate_ = bytes_per_second; }
  bool write(const HttpResponse& response);

 private:
  bool fill();  // reads more into buffer_
  Read read_chunked(HttpRequest& request, std::size_t bytes_max);
  bool take_line(std::string& line);

  Socket& socket_;
  std::string buffer_;  // read but not used yet
  std::uint64_t read_rate_ = 0;
};

// `text` as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace loki_standin
