#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/base/result.h"

namespace pipeline {

// host:port as URLs and listen addresses write it. Any thread.
struct HostPort {
  std::string host;  // without brackets; may be empty
  std::uint16_t port = 0;
  bool has_port = false;
};

Result<HostPort> split_host_port(std::string_view text);
std::string join_host_port(std::string_view host, std::uint16_t port);

}  // namespace pipeline
