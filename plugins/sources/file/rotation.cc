// What Catalog does about files that were renamed while nobody looked.
#include <algorithm>
#include <map>

#include "plugins/sources/file/catalog.h"

namespace plugins::sources::file {

using pipeline::FileStatus;

namespace {

// Stored positions of files that have not been found since are dropped after a week.
constexpr std::int64_t kForgetAfter = 7 * 24 * 3600;

// `app.log.1`, `app.log-20260102`, `app.log.2026-01-02T03:04`: what rotation makes of `app.log`.
// Compressed copies and backups by hand are not.
bool is_rotated_name(std::string_view name, std::string_view of) {
  if (name.size() < of.size() + 2 || !name.starts_with(of)) return false;
  const std::string_view suffix = name.substr(of.size());
  if (suffix[0] != '.' && suffix[0] != '-' && suffix[0] != '_') return false;
  return suffix.find_first_of("0123456789") != std::string_view::npos &&
         suffix.find_first_not_of("0123456789.-_:TZ") == std::string_view::npos;
}

}  // namespace

// Between two looks at `path` it may have been rotated more than once: files that had the name in
// between carry a rotated one now, were never seen, and were last written after `previous` was.
void Catalog::find_unseen_generations(const std::string& path, TailedFileRef previous) {
  const std::string directory(directory_of(path));
  const std::string_view name = name_in(path);
  std::vector<std::pair<std::string, FileStatus>> unseen;
  for (const auto& [id, entry] : listing(directory)) {
    const auto& [sibling, status] = entry;
    if (!is_rotated_name(sibling, name) || table_.find(id) ||
        status.modified_ns < previous->modified_ns || env_.filter.excludes(join(directory, sibling)))
      continue;
    unseen.emplace_back(sibling, status);
  }
  std::sort(unseen.begin(), unseen.end(), [](const auto& a, const auto& b) {
    return a.second.modified_ns < b.second.modified_ns;
  });
  for (const auto& [sibling, status] : unseen) {
    const TailedFileRef file =
        admit_rotated(join(directory, sibling), status, previous->named, false);
    if (!file) continue;
    file->predecessor = previous;
    previous = file;
  }
  if (const TailedFileRef current = table_.find(path); current && current != previous)
    current->predecessor = previous;
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
