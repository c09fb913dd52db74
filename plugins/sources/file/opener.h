#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plugins/sources/file/environment.h"
#include "plugins/sources/file/file_table.h"

namespace plugins::sources::file {

// Opens files and makes sure that they are what they are taken for. The strand of the source only.
class Opener {
 public:
  Opener(Environment& env, FileTable& table) : env_(env), table_(table) {}

  // What the last run left behind; called once, before the first identify().
  void remember(std::vector<PositionRecord> stored);
  // Some stored position may be this file's.
  bool may_be_stored(std::uint64_t device, std::uint64_t inode) const;
  // Positions that no file has claimed yet.
  std::vector<PositionRecord> unclaimed() const;

  enum class Where : std::uint8_t {
    beginning,
    end,          // a file without a stored position is read from here on
    stored_only,  // a file without a stored position is not ours
  };
  // Opens a file for the first time and finds where to read on. False when it could not be opened
  // (tried again later), or with stored_only, when no position is stored.
  bool identify(const TailedFileRef& file, Where where);

  // Makes file->file usable. False when it cannot be: it has been closed, its name leads elsewhere
  // (reported as lost), or it failed and is tried again later.
  bool open(const TailedFileRef& file);
  void close(TailedFile& file);

  // The bytes that were read are no longer there: reads from the beginning, as another file.
  void restart(const TailedFileRef& file, bool is_truncation);
  // Extends the fingerprint of a short file that has grown.
  void extend_head(TailedFile& file);

  // Counts, says so once, and has the file tried again later.
  void fail(const TailedFileRef& file, const pipeline::Error& error);

 private:
  // Opens the path and reads the head into head_. False: see open().
  bool acquire(const TailedFileRef& file);
  void make_room();
  bool restore(const TailedFileRef& file);
  bool read_head(TailedFile& file);
  void seek_end(TailedFile& file);
  std::string_view head() const noexcept { return {head_.data(), head_size_}; }

  Environment& env_;
  FileTable& table_;
  std::unordered_multimap<std::uint64_t, PositionRecord> stored_;  // by inode
  std::array<char, kHeadBytes> head_{};
  std::size_t head_size_ = 0;
};

}  // namespace plugins::sources::file
