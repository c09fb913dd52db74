#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/base/result.h"

namespace pipeline {

// Where an HTTP client sends: http://host:port/path?query, https://... or unix:/run/x.sock. The
// subset of RFC 3986 that makes sense there: fragments are refused, nothing is normalised.
struct Url {
  enum class Scheme : std::uint8_t { http, https, unix_socket };

  Scheme scheme = Scheme::http;
  std::string userinfo;      // "user:password", percent-encoding resolved; "" for none. Secret.
  std::string host;          // without the brackets of an IPv6 literal; "" for unix
  std::uint16_t port = 0;    // the scheme's own if the text has none; 0 for unix
  std::string target = "/";  // path and query, as they go into the request line
  std::string socket_path;   // unix only

  // invalid_data says what is wrong and never repeats a password.
  static Result<Url> parse(std::string_view text);

  // host:port for the Host header and for CONNECT; brackets where needed, the scheme's own port
  // left out unless `with_port`. "localhost" for unix.
  std::string authority(bool with_port = false) const;
  std::string to_string() const;         // with the password: for configuration only
  std::string without_userinfo() const;  // for logs
};

// "%41" becomes "A"; a percent sign that begins no escape stays.
std::string percent_decoded(std::string_view text);

// The value of `name` in the query of a request target, decoded; "" if it isn't there.
std::string query_parameter(std::string_view target, std::string_view name);

}  // namespace pipeline
