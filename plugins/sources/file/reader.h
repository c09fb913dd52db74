#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/component/source.h"
#include "pipeline/model/chunk.h"
#include "plugins/sources/file/environment.h"
#include "plugins/sources/file/file_table.h"
#include "plugins/sources/file/framing.h"
#include "plugins/sources/file/opener.h"

namespace plugins::sources::file {

// Reads the files that wait in FileTable::ready, in turns of at most one chunk, and pushes what they
// hold. Files with little to read share a batch. The strand of the source only.
class Reader {
 public:
  // A hot file fills a chunk alone; this many are out at a time at most.
  static constexpr std::size_t kChunkBytes = 256 * 1024;
  static constexpr std::size_t kChunks = 16;

  Reader(Environment& env, FileTable& table, Opener& opener);

  // Until it is cancelled or the output is closed. REQUIRES: `out` outlives the task.
  pipeline::Task<> run(pipeline::Output& out);

  // Frees the chunks that are not in use.
  void trim() { pool_->trim(); }

 private:
  enum class Turn : std::uint8_t {
    at_end,   // nothing more to read now
    more,     // to be continued in another turn
    no_room,  // the line does not fit into what is left of the chunk
    failed,
  };
  struct Building;

  // Fills one batch from as many files as have something and fit. Null when there was nothing.
  std::unique_ptr<pipeline::LogBatch> build(pipeline::Output& out, const pipeline::ChunkRef& chunk,
                                            std::size_t& lane);
  Turn read(const TailedFileRef& file, const pipeline::ChunkRef& chunk, Building& building);
  Turn read_into(const TailedFileRef& file, std::span<char> space, Building& building);
  void attach(const TailedFileRef& file, std::uint64_t begin, const Framed& framed, const Mark& end,
              Building& building);
  void prepare_partition(TailedFile& file);
  bool waits_for_predecessor(const TailedFile& file) const;
  void save_anchors(const std::vector<TailedFileRef>& files);

  Environment& env_;
  FileTable& table_;
  Opener& opener_;
  std::shared_ptr<pipeline::ChunkPool> pool_;
  std::size_t usual_rows_ = 256;
  std::vector<std::uint32_t> truncated_;    // rows of the batch in hand
  std::vector<TailedFileRef> passed_over_;  // in this round
};

}  // namespace plugins::sources::file
