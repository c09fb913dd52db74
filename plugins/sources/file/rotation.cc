// What Catalog does about files that were renamed while nobody looked.
#include <algorithm>
#include <map>

#include "plugins/sources/file/catalog.h"

namespace plugins::sources::file {

using pipeline::FileStatus;

namespace {

// Stored positions of files that have not been found since are dropped after a week.
constexpr std::int64_t kForgetAfter = 7 * 24 * 3600;

// Times of files may be older than the clock by as much as the kernel's tick.
constexpr std::int64_t kCoarseClockNs = 20'000'000;

// `app.log.1`, `app.log-20260102`, `app.log.2026-01-02T03:04`: what rotation makes of `app.log`.
// Compressed copies and backups by hand are not.
bool is_rotated_name(std::string_view name, std::string_view of) {
  if (name.size() < of.size() + 2 || !name.starts_with(of)) return false;
  const std::string_view suffix = name.substr(of.size());
  if (suffix[0] != '.' && suffix[0] != '-' && suffix[0] != '_') return false;
  return suffix.find_first_of("0123456789") != std::string_view::npos &&
         suffix.find_first_not_of("0123456789.-_:TZ") == std::string_view::npos;
}

using Family = std::vector<std::pair<std::string, FileStatus>>;

// The files with rotated names of `name`. Names may move on while they are looked at, and a file
// would be missed: looked at until two looks agree, a few times at most.
Family family(pipeline::FileSystem& fs, const std::string& directory, std::string_view name) {
  constexpr int kMostLooks = 8;
  Family found;
  for (int look = 0; look < kMostLooks; ++look) {
    Family now;
    if (const auto names = fs.list(directory)) {
      for (const std::string& sibling : *names) {
        if (!is_rotated_name(sibling, name)) continue;
        std::string path = join(directory, sibling);
        const pipeline::Result<FileStatus> status = fs.status(path);
        if (status && status->kind == pipeline::FileKind::regular)
          now.emplace_back(std::move(path), *status);
      }
    }
    std::sort(now.begin(), now.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    const bool is_stable = std::equal(
        now.begin(), now.end(), found.begin(), found.end(), [](const auto& a, const auto& b) {
          return a.first == b.first && FileId::of(a.second) == FileId::of(b.second);
        });
    found = std::move(now);
    if (is_stable) break;
  }
  return found;
}

}  // namespace

// Between two looks at `path` it may have been rotated more than once: files that had the name in
// between carry a rotated one now, were never seen, and were last written after `previous` was, or
// after the last look where nobody had the name then.
void Catalog::find_unseen_generations(const std::string& path, TailedFileRef previous) {
  const std::string directory(directory_of(path));
  const std::string_view name = name_in(path);
  const std::int64_t since = previous ? previous->modified_ns : looked_ns_ - kCoarseClockNs;
  const std::string named = previous ? previous->named : path;
  std::vector<std::pair<std::string, FileStatus>> unseen;
  for (const auto& [its_path, status] : family(env_.context.fs, directory, name)) {
    if (table_.find(FileId::of(status))) {
      seen(its_path, status);  // a known one that has moved on, or a new one with a known inode
    } else if (status.modified_ns >= since && !env_.filter.excludes(its_path)) {
      unseen.emplace_back(its_path, status);
    }
  }
  std::sort(unseen.begin(), unseen.end(), [](const auto& a, const auto& b) {
    if (a.second.modified_ns != b.second.modified_ns)
      return a.second.modified_ns < b.second.modified_ns;
    // Within one tick: `.3` is older than `.2`, and the longer number is the larger one.
    return std::pair(a.first.size(), std::string_view(a.first)) >
           std::pair(b.first.size(), std::string_view(b.first));
  });
  for (const auto& [its_path, status] : unseen) {
    const TailedFileRef file = admit_rotated(its_path, status, named, false);
    if (!file) continue;
    file->predecessor = previous;
    previous = file;
  }
  if (!previous) return;
  const TailedFileRef current = table_.find(path);
  if (!current) {
    previous_[path] = previous;
  } else if (current != previous) {
    current->predecessor = previous;
  }
}

// Files whose stored positions no included name has claimed: they may have been rotated to a name
// that no pattern matches.
void Catalog::find_rotated_while_away() {
  std::map<std::string, std::vector<TailedFileRef>> rotated;  // by the name that they had
  for (const auto& [id, file] : table_.by_id)
    if (file->is_identified && file->named != file->path) {
      file->is_rotated = true;
      rotated[file->named].push_back(file);
    }
  for (const PositionRecord& record : opener_.unclaimed()) {
    const std::string directory(directory_of(record.path));
    const Listing& there = listing(directory);
    const auto entry = there.find({record.device, record.inode});
    if (entry != there.end() && !table_.find(entry->first)) {
      const TailedFileRef file =
          admit_rotated(join(directory, entry->second.first), entry->second.second, record.path,
                        true);
      if (file) rotated[file->named].push_back(file);
    } else if (entry == there.end() && env_.unix_seconds() - record.saved_s > kForgetAfter) {
      env_.context.positions.erase(position_key(record.device, record.inode, record.identity));
    }
  }
  for (auto& [name, files] : rotated) {
    std::sort(files.begin(), files.end(), [](const TailedFileRef& a, const TailedFileRef& b) {
      return a->modified_ns < b->modified_ns;
    });
    for (std::size_t i = 1; i < files.size(); ++i) files[i]->predecessor = files[i - 1];
    displaced_.emplace_back(name, files.back());
  }
}

}  // namespace plugins::sources::file
