#pragma once

#include <cstdint>
#include <string>

#include "pipeline/base/result.h"
#include "pipeline/component/request.h"

namespace pipeline {

// The bytes of `body` as they go on the wire. Thread-safe; buffers are per thread.
std::string compress(Compression how, const std::string& body);

// The way back, for the rare answer that asks for a smaller request. `limit` bounds the output.
Result<std::string> decompress(Compression how, const std::string& payload, std::uint64_t limit);

}  // namespace pipeline
