#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/base/result.h"

namespace pipeline {

// Where a server listens: host:port, [::1]:80, :8465 (all interfaces) or unix:/run/x.sock. The host
// is an address or a name that resolves to one of this machine's.
struct ListenAddress {
  std::string host;         // "" for all interfaces; without brackets
  std::uint16_t port = 0;   // 0 lets the system choose
  std::string socket_path;  // not empty for a unix socket

  static Result<ListenAddress> parse(std::string_view text);  // invalid_data says what is wrong

  bool is_unix() const noexcept { return !socket_path.empty(); }
  bool is_loopback() const;  // unix sockets, localhost, 127.0.0.0/8 and ::1
  std::string to_string() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

}  // namespace pipeline
