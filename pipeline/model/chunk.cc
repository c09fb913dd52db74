#include "pipeline/model/chunk.h"

#include <cstring>
#include <mutex>
#include <vector>

namespace pipeline {

Chunk::Chunk(std::size_t capacity)
    : bytes_(std::make_unique_for_overwrite<char[]>(capacity + kPadding)), capacity_(capacity) {
  std::memset(bytes_.get() + capacity, 0, kPadding);
}

ChunkRef Chunk::allocate(std::size_t capacity) { return ChunkRef(new Chunk(capacity)); }

void intrusive_ptr_add_ref(Chunk* chunk) noexcept {
  chunk->references_.fetch_add(1, std::memory_order_relaxed);
}

void intrusive_ptr_release(Chunk* chunk) noexcept {
  if (chunk->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (const std::shared_ptr<ChunkPool> pool = std::move(chunk->pool_)) {
    pool->give_back(chunk);
  } else {
    delete chunk;
  }
}

struct ChunkPool::Idle {
  std::mutex mutex;
  std::vector<std::unique_ptr<Chunk>> chunks;
  std::size_t out = 0;
  std::size_t limit = 0;
};

ChunkPool::ChunkPool(std::size_t chunks, std::size_t capacity)
    : idle_(std::make_unique<Idle>()), capacity_(capacity) {
  idle_->limit = chunks;
  idle_->chunks.reserve(chunks);
}

ChunkPool::~ChunkPool() = default;

std::shared_ptr<ChunkPool> ChunkPool::make(std::size_t chunks, std::size_t capacity) {
  return std::shared_ptr<ChunkPool>(new ChunkPool(chunks, capacity));
}

ChunkRef ChunkPool::try_take() {
  const std::lock_guard lock(idle_->mutex);
  if (idle_->out == idle_->limit) return {};
  ++idle_->out;
  Chunk* chunk = nullptr;
  if (idle_->chunks.empty()) {
    chunk = new Chunk(capacity_);
  } else {
    chunk = idle_->chunks.back().release();
    idle_->chunks.pop_back();
  }
  chunk->pool_ = shared_from_this();
  return ChunkRef(chunk);
}

void ChunkPool::trim() {
  std::vector<std::unique_ptr<Chunk>> freed;
  const std::lock_guard lock(idle_->mutex);
  freed.swap(idle_->chunks);
}

void ChunkPool::give_back(Chunk* chunk) noexcept {
  const std::lock_guard lock(idle_->mutex);
  --idle_->out;
  idle_->chunks.emplace_back(chunk);
}

}  // namespace pipeline
