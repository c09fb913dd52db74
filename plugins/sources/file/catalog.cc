#include "plugins/sources/file/catalog.h"

#include <sys/stat.h>

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_set>

#include "plugins/sources/file/walk.h"

namespace plugins::sources::file {

using pipeline::FileKind;
using pipeline::FileStatus;
using pipeline::Instant;
using pipeline::Result;

namespace {

// Says that this scope has been started before, so that start_at no longer applies.
constexpr std::string_view kStartedKey = "started";
// New directories are looked for at most so often.
constexpr std::chrono::seconds kSweepAtMost{1};

}  // namespace

Catalog::Catalog(Environment& env, FileTable& table, Opener& opener)
    : env_(env), table_(table), opener_(opener) {
  if (!env_.config.exclude_self) return;
  for (const int descriptor : {1, 2}) {
    struct stat s {};
    if (::fstat(descriptor, &s) == 0 && S_ISREG(s.st_mode)) own_.push_back({s.st_dev, s.st_ino});
  }
  if (const char* uid = std::getenv("POD_UID")) own_pod_ = uid;  // NOLINT(concurrency-mt-unsafe)
}

bool Catalog::is_own(const std::string& path, const FileStatus& status) const {
  if (!own_pod_.empty() && path.find(own_pod_) != std::string::npos) return true;
  return std::find(own_.begin(), own_.end(), FileId::of(status)) != own_.end();
}

void Catalog::start() {
  is_polling_ = env_.config.watch == WatchMode::poll;
  if (!is_polling_) {
    Result<std::unique_ptr<Watch>> watch = Watch::open();
    if (watch) {
      watch_ = std::move(*watch);
    } else {
      is_polling_ = true;
      env_.context.log.warn(env_.context.id,
                            watch.error().message() + "; looking at all files every poll_interval");
    }
  }
  std::vector<PositionRecord> stored;
  bool was_started = false;
  for (const auto& [key, value] : env_.context.positions.load()) {
    was_started = true;
    if (auto record = decode_position(key, value)) stored.push_back(std::move(*record));
  }
  if (!was_started) env_.context.positions.save(kStartedKey, "1");
  opener_.remember(std::move(stored));
  starts_at_end_ = !was_started && env_.config.start_at == StartAt::end;
  is_first_sweep_ = true;
  sweep();
  find_rotated_while_away();
  settle_lost();
  is_first_sweep_ = false;
}

void Catalog::begin_round() {
  names_.clear();
  listings_.clear();
  for (const TailedFileRef& file : missed_)
    if (file->is_path_lost) table_.lost.push_back(file);
  missed_.clear();
}

void Catalog::sweep() {
  const std::int64_t began_ns = env_.context.clock.unix_now();
  ++sweep_;
  begin_round();
  const WalkVisitor visitor{
      [this](const std::string& directory) { watch_directory(directory); },
      [this](const std::string& path, const FileStatus& status) {
        if (!env_.filter.excludes(path)) seen(path, status);
      },
      [this](const std::string& directory, const pipeline::Error& error) {
        env_.context.log.warn(env_.context.id,
                              fmt::format("{}; files in {} are not seen", error.message(), directory));
      }};
  for (const Glob& glob : env_.filter.patterns()) walk(env_.context.fs, glob, visitor);

  // Rotated and linked files are found by no pattern.
  std::vector<TailedFileRef> missed;
  for (const auto& [id, file] : table_.by_id)
    if (file->sweep != sweep_ && !file->is_gone && !file->is_path_lost) missed.push_back(file);
  for (const TailedFileRef& file : missed) {
    const Result<FileStatus> status = env_.context.fs.status(file->path);
    if (status && FileId::of(*status) == FileId{file->device, file->inode}) {
      note(file, *status);
    } else {
      lose(file);
    }
  }
  settle_lost();
  std::erase_if(previous_, [](const auto& entry) { return entry.second.expired(); });
  // Where the kernel reports changes, those that it has not reported yet are still to be looked at.
  if (is_polling_ || is_first_sweep_) looked_ns_ = began_ns;
  last_sweep_ = env_.now();
  next_sweep_ =
      last_sweep_ + (is_polling_ ? env_.config.poll_interval : env_.config.sweep_interval);
  refresh_gauges();
}

void Catalog::handle_changes() {
  if (!watch_) return;
  const std::int64_t began_ns = env_.context.clock.unix_now();
  std::unordered_set<std::string> touched;
  bool sweep_now = false;
  watch_->drain([&](const Watch::Event& event) {
    if (event.change == Watch::Change::overflow) {
      sweep_now = true;
      return;
    }
    if (event.is_directory) {
      next_sweep_ = std::min(next_sweep_, std::max(env_.now(), last_sweep_ + kSweepAtMost));
      return;
    }
    scratch_.assign(event.directory);
    if (!scratch_.ends_with('/')) scratch_ += '/';
    scratch_ += event.name;
    if (event.change == Watch::Change::written) {
      const TailedFileRef file = table_.find(scratch_);
      if (file && !file->is_ignored && file->is_identified) {
        file->grew_at = env_.now();
        table_.queue(file);
        return;
      }
    }
    touched.insert(scratch_);
  });
  if (!touched.empty()) {
    begin_round();
    for (const std::string& path : touched) look(path);
    settle_lost();
  }
  if (sweep_now) sweep();
  if (!is_polling_) looked_ns_ = began_ns;
}

void Catalog::look(const std::string& path) {
  const Result<FileStatus> status = env_.context.fs.status(path);
  const TailedFileRef named = table_.find(path);
  if (!status || status->kind != FileKind::regular) {
    // Whoever had the name last may not be the one that we know: others may have come and gone.
    if (env_.filter.includes(path)) {
      const auto previous = previous_.find(path);
      displaced_.emplace_back(path, named                         ? named
                                    : previous != previous_.end() ? previous->second.lock()
                                                                  : nullptr);
    }
    if (named) lose(named);
    return;
  }
  const bool is_known = table_.find(FileId::of(*status)) != nullptr;
  if (is_known || env_.filter.includes(path)) {
    seen(path, *status);
  } else if (named) {
    lose(named);
  }
}

void Catalog::seen(const std::string& path, const FileStatus& status) {
  if (status.kind != FileKind::regular) return;
  const FileId id = FileId::of(status);
  const TailedFileRef holder = table_.find(path);
  if (holder && FileId{holder->device, holder->inode} != id) lose(holder);
  TailedFileRef file = table_.find(id);
  if (!file) {
    admit(path, status);
    return;
  }
  file->sweep = sweep_;
  if (file->path != path && file->alias != path) {
    // Either a second way to it, or it has been renamed.
    const Result<FileStatus> there = env_.context.fs.status(file->path);
    if (!there || FileId::of(*there) != id) rename(file, path);
  } else if (file->is_path_lost || file->is_gone) {
    rename(file, path);
  }
  note(file, status);
}

void Catalog::note(const TailedFileRef& file, const FileStatus& status) {
  file->sweep = sweep_;
  const bool has_changed = status.size != file->size || status.modified_ns != file->modified_ns;
  if (!has_changed || file->is_own) return;
  file->size = status.size;
  file->modified_ns = status.modified_ns;
  if (file->is_ignored) {
    file->is_ignored = false;
    identify(file);
  } else {
    file->grew_at = env_.now();
    table_.queue(file);
  }
}

TailedFileRef Catalog::admit(const std::string& path, const FileStatus& status) {
  const auto file = std::make_shared<TailedFile>();
  file->device = status.device;
  file->inode = status.inode;
  file->path = path;
  file->named = path;
  file->size = status.size;
  file->modified_ns = status.modified_ns;
  file->sweep = sweep_;
  table_.renumber(file);
  table_.by_id[FileId::of(status)] = file;
  table_.by_path[path] = file;
  if (std::optional<std::string> target = link_target(path); target && *target != path) {
    file->alias = std::move(*target);
    table_.by_path[file->alias] = file;
    watch_directory(std::string(directory_of(file->alias)));
  }
  note_new_name(path);
  if (is_own(path, status)) {
    file->is_own = true;
    return file;
  }
  const std::int64_t age_ns = env_.context.clock.unix_now() - status.modified_ns;
  if (env_.config.ignore_older.count() > 0 && age_ns > env_.config.ignore_older.count() &&
      !opener_.may_be_stored(status.device, status.inode)) {
    file->is_ignored = true;
    env_.counters.skipped_files.add(1);
    return file;
  }
  // A file at rest is closed again at once; one that is being written stays open.
  const bool is_fresh = age_ns < env_.timing.close_idle.count();
  file->grew_at = is_fresh ? env_.now() : Instant{};
  identify(file);
  return file;
}

void Catalog::identify(const TailedFileRef& file) {
  const Opener::Where where = file->is_only_if_stored              ? Opener::Where::stored_only
                              : is_first_sweep_ && starts_at_end_ ? Opener::Where::end
                                                                  : Opener::Where::beginning;
  if (!opener_.identify(file, where)) {
    if (file->is_identified) {
      forget(file);  // opened, and not ours
    } else {
      table_.activate(file);
    }
    return;
  }
  if (file->unread() > 0) {
    table_.queue(file);
  } else if (file->grew_at == Instant{}) {
    opener_.close(*file);
  }
}

TailedFileRef Catalog::admit_rotated(const std::string& path, const FileStatus& status,
                                     const std::string& named, bool is_only_if_stored) {
  const auto file = std::make_shared<TailedFile>();
  file->device = status.device;
  file->inode = status.inode;
  file->path = path;
  file->named = named;
  file->size = status.size;
  file->modified_ns = status.modified_ns;
  file->is_rotated = true;
  file->sweep = sweep_;
  file->grew_at = env_.now();
  table_.renumber(file);
  table_.by_id[FileId::of(status)] = file;
  table_.by_path[path] = file;
  file->is_only_if_stored = is_only_if_stored;
  identify(file);
  return file->number != 0 ? file : nullptr;
}

// Whoever has an included name now need not be the next one after whoever had it last.
void Catalog::note_new_name(const std::string& path) {
  if (const auto previous = previous_.find(path); previous != previous_.end()) {
    displaced_.emplace_back(path, previous->second.lock());
    previous_.erase(previous);
  } else if (!is_first_sweep_) {
    displaced_.emplace_back(path, nullptr);
  }
}

void Catalog::rename(const TailedFileRef& file, const std::string& path) {
  // A file with a known inode may be a new one, whose predecessors have not been seen.
  if (env_.filter.includes(path)) note_new_name(path);
  if (const TailedFileRef holder = table_.find(path); holder && holder != file) lose(holder);
  table_.unname(file);
  file->path = path;
  file->alias.clear();
  file->is_path_lost = false;
  file->is_missed = false;
  file->is_gone = false;
  file->is_rotated = path != file->named;
  table_.by_path[path] = file;
  // What was written to it before it was renamed may not have been noticed.
  file->grew_at = env_.now();
  if (file->is_identified) table_.queue(file);
}

void Catalog::lose(const TailedFileRef& file) {
  const auto named = table_.by_path.find(file->path);
  if (named != table_.by_path.end() && named->second == file && env_.filter.includes(file->path))
    previous_[file->path] = file;
  table_.unname(file);
  table_.mark_lost(file);
  file->is_rotated = true;
}

void Catalog::settle_lost() {
  // Finding one may displace others.
  while (!table_.lost.empty()) {
    std::vector<TailedFileRef> lost;
    lost.swap(table_.lost);
    for (const TailedFileRef& file : lost) {
      if (!file->is_path_lost || file->number == 0) continue;
      if (table_.find(file->path) == file) lose(file);  // reported by an attempt to open it
      const FileId id{file->device, file->inode};
      bool is_found = false;
      for (const std::string& name : {file->path, file->alias}) {
        if (name.empty() || is_found) continue;
        const std::string directory(directory_of(name));
        const Listing& there = listing(directory);
        if (const auto entry = there.find(id); entry != there.end()) {
          rename(file, join(directory, entry->second.first));
          is_found = true;
        }
      }
      if (is_found) continue;
      // Names may have moved on while they were looked at: it is gone when it is missed twice.
      if (file->is_missed) {
        give_up(file);
      } else {
        file->is_missed = true;
        missed_.push_back(file);
      }
    }
  }
  // Looking for generations may find known files under new names, which are looked behind as well.
  constexpr int kMostLooks = 4;
  for (int look = 0; look < kMostLooks && !displaced_.empty(); ++look) {
    std::vector<std::pair<std::string, TailedFileRef>> displaced;
    displaced.swap(displaced_);
    for (auto& [path, previous] : displaced) find_unseen_generations(path, previous);
  }
}

const std::vector<std::string>& Catalog::names(const std::string& directory) {
  const auto [entry, is_new] = names_.try_emplace(directory);
  if (is_new)
    if (Result<std::vector<std::string>> names = env_.context.fs.list(directory))
      entry->second = std::move(*names);
  return entry->second;
}

const Catalog::Listing& Catalog::listing(const std::string& directory) {
  const auto [entry, is_new] = listings_.try_emplace(directory);
  if (!is_new) return entry->second;
  for (const std::string& name : names(directory)) {
    const Result<FileStatus> status = env_.context.fs.status(join(directory, name));
    if (status && status->kind == FileKind::regular)
      entry->second.try_emplace(FileId::of(*status), name, *status);
  }
  return entry->second;
}

void Catalog::give_up(const TailedFileRef& file) {
  file->is_path_lost = false;
  file->is_gone = true;
  if (file->file) {
    table_.activate(file);  // read to its end, then forgotten
    return;
  }
  if (file->is_identified && file->unread() > 0) {
    env_.counters.vanished_bytes.add(file->unread());
    env_.context.log.warn(env_.context.id,
                          fmt::format("{} was removed before {} bytes of it had been read",
                                      file->path, file->unread()));
  }
  forget(file);
}

void Catalog::forget(const TailedFileRef& file) {
  if (file->number == 0) return;
  opener_.close(*file);
  if (file->is_identified && file->acks) env_.context.positions.erase(file->key());
  if (file->ring.outstanding() > 0) table_.orphans.emplace(file->number, std::move(file->ring));
  table_.unname(file);
  table_.by_number.erase(file->number);
  const FileId id{file->device, file->inode};
  if (table_.find(id) == file) table_.by_id.erase(id);
  file->number = 0;
}

void Catalog::watch_directory(const std::string& directory) {
  if (!watch_ || watch_->watches(directory)) return;
  if (const Result<> added = watch_->add(directory); !added) {
    if (added.error().code() == pipeline::Errc::not_found) return;
    env_.context.log.warn(env_.context.id,
                          added.error().message() + "; looking at all files every poll_interval");
    is_polling_ = true;
  }
}

void Catalog::refresh_gauges() {
  auto& gauges = *env_.counters.gauges;
  std::uint64_t failing = 0;
  for (const auto& [id, file] : table_.by_id) failing += file->is_failing() ? 1 : 0;
  gauges.files.store(table_.by_id.size(), std::memory_order_relaxed);
  gauges.failing.store(failing, std::memory_order_relaxed);
}

}  // namespace plugins::sources::file
