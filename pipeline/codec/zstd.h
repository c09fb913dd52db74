#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/result.h"

namespace pipeline {

// Zstandard frames (RFC 8878). Both classes keep their context, which is what makes small inputs
// cheap; an object serves one thread at a time.

class ZstdCompressor {
 public:
  static constexpr int kDefaultLevel = 3;  // the library's own

  explicit ZstdCompressor(int level = kDefaultLevel);
  ~ZstdCompressor();
  ZstdCompressor(ZstdCompressor&&) noexcept;
  ZstdCompressor& operator=(ZstdCompressor&&) noexcept;

  // Replaces `out` by one frame that declares its content size.
  Result<> compress(std::string_view input, std::string& out);
  // Adds one frame: concatenated frames are a legal stream.
  Result<> append(std::string_view input, std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class ZstdDecompressor {
 public:
  // Frames may ask for a window of up to 8 MiB, what RFC 8878 tells every decoder to support;
  // more is refused, because the window is memory that the sender chooses.
  static constexpr int kWindowLogMax = 23;

  ZstdDecompressor();
  ~ZstdDecompressor();
  ZstdDecompressor(ZstdDecompressor&&) noexcept;
  ZstdDecompressor& operator=(ZstdDecompressor&&) noexcept;

  // Replaces `out` by the content of all frames. invalid_data for anything malformed or truncated,
  // and as soon as more than `max_output` bytes would come out, which are never allocated.
  Result<> decompress(std::string_view input, std::size_t max_output, std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pipeline
