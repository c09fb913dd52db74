#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "plugins/sources/file/environment.h"
#include "plugins/sources/file/file_table.h"
#include "plugins/sources/file/opener.h"
#include "plugins/sources/file/watch.h"

namespace plugins::sources::file {

// Knows which files there are and what becomes of them: finds new ones, follows them when they are
// renamed, notices when they are removed. Reads nothing. The strand of the source only.
//
// Names are looked at when the kernel says that they changed, and all of them in a slow sweep. What
// a look cannot decide alone (a name is gone: was it renamed or removed?) is settled at the end of
// the round, when every name has been looked at.
class Catalog {
 public:
  Catalog(Environment& env, FileTable& table, Opener& opener);

  // Finds what is there and where the last run left off.
  void start();
  // Looks at everything.
  void sweep();
  // Handles what the kernel reported since the last call.
  void handle_changes();

  // Null where the kernel reports nothing: sweeps then come every poll_interval.
  Watch* watch() noexcept { return watch_.get(); }
  pipeline::Instant next_sweep() const noexcept { return next_sweep_; }
  // Finds files again that an attempt to open them reported as lost.
  void look_for_lost() {
    begin_round();
    settle_lost();
  }
  // Nothing leads to the file and nothing of it is unread or unsettled.
  void forget(const TailedFileRef& file);
  // Opens a file for the first time, or tries that again.
  void identify(const TailedFileRef& file);

 private:
  using Listing = std::unordered_map<FileId, std::pair<std::string, pipeline::FileStatus>, FileIdHash>;

  void look(const std::string& path);
  void seen(const std::string& path, const pipeline::FileStatus& status);
  void note(const TailedFileRef& file, const pipeline::FileStatus& status);
  TailedFileRef admit(const std::string& path, const pipeline::FileStatus& status);
  // Follows a file of a rotated name as the one that was called `named`. Null when it is not ours.
  TailedFileRef admit_rotated(const std::string& path, const pipeline::FileStatus& status,
                              const std::string& named, bool is_only_if_stored);
  void rename(const TailedFileRef& file, const std::string& path);
  void note_new_name(const std::string& path);
  void lose(const TailedFileRef& file);
  void give_up(const TailedFileRef& file);
  // `previous` is null when no file of that name was seen before.
  void find_unseen_generations(const std::string& path, TailedFileRef previous);
  void find_rotated_while_away();
  const std::vector<std::string>& names(const std::string& directory);
  const Listing& listing(const std::string& directory);
  void begin_round();
  // Ends the round: files in FileTable::lost are found again or given up.
  void settle_lost();
  void watch_directory(const std::string& directory);
  bool is_own(const std::string& path, const pipeline::FileStatus& status) const;
  void refresh_gauges();

  Environment& env_;
  FileTable& table_;
  Opener& opener_;
  std::unique_ptr<Watch> watch_;
  pipeline::Instant next_sweep_{};
  pipeline::Instant last_sweep_{};
  std::uint64_t sweep_ = 0;
  bool is_polling_ = false;  // also when only some directories could be watched
  bool is_first_sweep_ = false;
  bool starts_at_end_ = false;
  std::vector<FileId> own_;     // what this process's standard output and error go to
  std::string own_pod_;         // the pod's UID, "" outside Kubernetes

  // Of the round in hand.
  std::unordered_map<std::string, std::vector<std::string>> names_;
  std::unordered_map<std::string, Listing> listings_;
  // Names that lead to another file than they did, or may have while nobody looked.
  std::vector<std::pair<std::string, TailedFileRef>> displaced_;
  // Which file had a name before, until another has it.
  std::unordered_map<std::string, std::weak_ptr<TailedFile>> previous_;
  // Files that were not found again in this round; the next one decides.
  std::vector<TailedFileRef> missed_;
  // All that was written before this has been looked at, Unix ns.
  std::int64_t looked_ns_ = 0;
  std::string scratch_;
};

}  // namespace plugins::sources::file
