#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "bench/support/log_lines.h"
#include "pipeline/model/log_batch.h"

namespace bench {

inline constexpr std::size_t kChunkBytes = 256 * 1024;

// A chunk full of whole log lines. `size` is set to what they take.
inline pipeline::ChunkRef chunk_of_lines(std::size_t& size) {
  pipeline::ChunkRef chunk = pipeline::Chunk::allocate(kChunkBytes);
  LogLines lines;
  std::string text;
  size = 0;
  while (true) {
    text.clear();
    lines.append(text);
    if (size + text.size() > kChunkBytes) break;
    std::copy(text.begin(), text.end(), chunk->data() + size);
    size += text.size();
  }
  return chunk;
}

// Refills `batch` with the chunk's lines, as a file source would have it.
inline void fill(pipeline::LogBatch& batch, const pipeline::ChunkRef& chunk, std::size_t size,
                 const pipeline::FieldPlan& plan) {
  batch.clear();
  batch.bind(plan);
  batch.frame.chunks.push_back(chunk);
  const std::uint32_t labels = batch.label_index(pipeline::LabelSet::empty());
  const char* begin = chunk->data();
  const char* end = begin + size;
  for (const char* at = begin; at < end;) {
    const char* newline =
        static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    batch.append({at, static_cast<std::size_t>(newline - at)}, 0,
                 static_cast<std::uint32_t>(at - begin), labels);
    at = newline + 1;
  }
  batch.frame.live.reset(batch.rows());
  batch.frame.parts.resize(1);
  batch.frame.parts[0].rows = static_cast<std::uint32_t>(batch.rows());
}

}  // namespace bench
