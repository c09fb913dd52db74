#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "push.pb.h"
#include "tests/support/loki_standin/limits.h"

namespace loki_standin {

// Why a body could not be read, with the status that Loki gives.
struct DecodeError {
  int status = 400;
  std::string message;
};

// Reads the body of a push into `out`: snappy's block format around protobuf, or JSON (plain or
// gzip). Header values as sent; empty where a header is absent.
std::expected<void, DecodeError> decode_push(std::string_view content_type,
                                             std::string_view content_encoding,
                                             std::string_view body, const Limits& limits,
                                             wire::PushRequest& out);

}  // namespace loki_standin
