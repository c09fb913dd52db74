#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace pipeline {

// Readable bytes behind every chunk's end, so that simdjson and vector loops may overrun.
inline constexpr std::size_t kPadding = 64;

class ChunkPool;

// A block of raw input that batches share and never change once they hold views into it.
//
// Written by one source before it is attached to a batch; read by any thread afterwards. Memory is
// returned to its pool, or freed, with the last reference.
class Chunk {
 public:
  static boost::intrusive_ptr<Chunk> allocate(std::size_t capacity);

  char* data() noexcept { return bytes_.get(); }
  const char* data() const noexcept { return bytes_.get(); }
  std::size_t capacity() const noexcept { return capacity_; }  // without the padding
  std::span<char> space() noexcept { return {bytes_.get(), capacity_}; }

 private:
  friend class ChunkPool;
  friend void intrusive_ptr_add_ref(Chunk* chunk) noexcept;
  friend void intrusive_ptr_release(Chunk* chunk) noexcept;
  explicit Chunk(std::size_t capacity);

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_;
  std::atomic<std::uint32_t> references_{0};
  std::shared_ptr<ChunkPool> pool_;  // set while the chunk is out of a pool
};

using ChunkRef = boost::intrusive_ptr<Chunk>;

// Recycles chunks of one size and bounds how many are out at a time. Thread-safe.
class ChunkPool : public std::enable_shared_from_this<ChunkPool> {
 public:
  // `chunks` of `capacity` bytes each, allocated when first needed.
  static std::shared_ptr<ChunkPool> make(std::size_t chunks, std::size_t capacity);
  ~ChunkPool();

  // Null when all are out. The caller then waits for a batch to settle, which frees one.
  ChunkRef try_take();
  // Frees the memory of the chunks that are not out: an idle source holds none.
  void trim();
  std::size_t chunk_capacity() const noexcept { return capacity_; }

 private:
  friend void intrusive_ptr_release(Chunk* chunk) noexcept;
  ChunkPool(std::size_t chunks, std::size_t capacity);
  void give_back(Chunk* chunk) noexcept;

  struct Idle;
  std::unique_ptr<Idle> idle_;
  std::size_t capacity_;
};

}  // namespace pipeline
