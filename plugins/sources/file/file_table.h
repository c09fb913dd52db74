#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/base/notifier.h"
#include "plugins/sources/file/tailed_file.h"

namespace plugins::sources::file {

// What tells files apart while they exist.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
  static FileId of(const pipeline::FileStatus& status) { return {status.device, status.inode}; }
};
struct FileIdHash {
  std::size_t operator()(const FileId& id) const noexcept {
    return static_cast<std::size_t>((id.inode ^ (id.device << 40)) * 0x9E3779B97F4A7C15u);
  }
};

// The files of one source, and who waits for what. The strand of the source only.
struct FileTable {
  std::unordered_map<FileId, TailedFileRef, FileIdHash> by_id;
  std::unordered_map<std::uint64_t, TailedFileRef> by_number;
  std::unordered_map<std::string, TailedFileRef> by_path;  // also by what a link leads to

  // Files whose turn to be read comes, first come first served.
  std::deque<TailedFileRef> ready;
  pipeline::Notifier ready_wake;
  // Files that the tick looks at: open, failing, or with something unsettled or unsaved.
  std::vector<TailedFileRef> active;
  // Files whose name turned out to lead elsewhere; to be found again or given up.
  std::vector<TailedFileRef> lost;
  // What is still out of files that have been truncated or forgotten since.
  std::unordered_map<std::uint64_t, PositionRing> orphans;
  std::uint64_t next_number = 1;
  std::size_t open_files = 0;

  TailedFileRef find(const FileId& id) const {
    const auto at = by_id.find(id);
    return at == by_id.end() ? nullptr : at->second;
  }
  TailedFileRef find(const std::string& path) const {
    const auto at = by_path.find(path);
    return at == by_path.end() ? nullptr : at->second;
  }

  void queue(const TailedFileRef& file) {
    activate(file);
    if (file->is_queued || file->is_own || file->is_ignored || file->number == 0) return;
    file->is_queued = true;
    ready.push_back(file);
    if (ready.size() == 1) ready_wake.notify();
  }
  void activate(const TailedFileRef& file) {
    if (file->is_active || file->number == 0) return;
    file->is_active = true;
    active.push_back(file);
  }
  void mark_lost(const TailedFileRef& file) {
    if (file->is_path_lost || file->is_gone) return;
    file->is_path_lost = true;
    lost.push_back(file);
  }
  void renumber(const TailedFileRef& file) {
    if (file->number != 0) by_number.erase(file->number);
    file->number = next_number++;
    by_number[file->number] = file;
  }
  void unname(const TailedFileRef& file) {
    for (const std::string* name : {&file->path, &file->alias}) {
      const auto at = by_path.find(*name);
      if (at != by_path.end() && at->second == file) by_path.erase(at);
    }
  }
};

}  // namespace plugins::sources::file
