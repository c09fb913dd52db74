#include "plugins/sources/file/opener.h"

#include <fmt/core.h>

#include <algorithm>

namespace plugins::sources::file {

using pipeline::Errc;
using pipeline::Error;
using pipeline::FileKind;
using pipeline::FileStatus;
using pipeline::Instant;
using pipeline::OpenMode;
using pipeline::Result;

namespace {

// With a head of this many equal bytes, and equal bytes before the position, the same inode on
// another device number is the same file: device numbers may change when a machine starts again.
constexpr std::uint32_t kHeadSpeaksForItself = 256;

// A file that is still where it was is stored anew at least so often, so that positions of files
// that are gone can be told by their age.
constexpr std::int64_t kRefreshAfter = 24 * 3600;

std::string_view read_before(pipeline::File& file, std::uint64_t offset, std::uint32_t length,
                             std::array<char, kMarkerBytes>& buffer) {
  const std::size_t size = std::min<std::uint64_t>({length, offset, kMarkerBytes});
  const Result<std::size_t> got = file.read_at({buffer.data(), size}, offset - size);
  return {buffer.data(), got ? *got : 0};
}

}  // namespace

void Opener::remember(std::vector<PositionRecord> stored) {
  for (PositionRecord& record : stored) stored_.emplace(record.inode, std::move(record));
}

bool Opener::may_be_stored(std::uint64_t device, std::uint64_t inode) const {
  const auto [first, last] = stored_.equal_range(inode);
  return std::any_of(first, last, [device](const auto& entry) {
    return entry.second.device == device || entry.second.head.length >= kHeadSpeaksForItself;
  });
}

std::vector<PositionRecord> Opener::unclaimed() const {
  std::vector<PositionRecord> records;
  for (const auto& [inode, record] : stored_) records.push_back(record);
  return records;
}

void Opener::make_room() {
  if (table_.open_files < env_.config.max_open_files) return;
  // The one that did not grow for longest among those that can be opened again by name; those that
  // are read to the end first.
  TailedFile* best = nullptr;
  const auto is_better = [](const TailedFile& a, const TailedFile& b) {
    if ((a.unread() == 0) != (b.unread() == 0)) return a.unread() == 0;
    return a.grew_at < b.grew_at;
  };
  for (const TailedFileRef& file : table_.active) {
    if (!file->file || file->is_gone || file->is_rotated || file->is_path_lost) continue;
    if (!best || is_better(*file, *best)) best = file.get();
  }
  if (best) close(*best);
}

void Opener::close(TailedFile& file) {
  if (!file.file) return;
  file.file.reset();
  --table_.open_files;
}

void Opener::fail(const TailedFileRef& file, const Error& error) {
  close(*file);
  env_.counters.errors.add(1);
  if (file->failures == 0)
    env_.context.log.warn(env_.context.id,
                          fmt::format("{}; trying again until it works", error.message()));
  const int doublings = std::min<int>(file->failures, 16);
  file->failures = static_cast<std::uint8_t>(std::min<int>(file->failures + 1, 255));
  file->retry_at =
      env_.now() + std::min(env_.timing.retry * (1 << doublings), env_.timing.retry_max);
  table_.activate(file);
}

bool Opener::acquire(const TailedFileRef& file) {
  if (file->is_gone || file->is_path_lost || file->number == 0 || env_.now() < file->retry_at)
    return false;
  make_room();
  Result<std::unique_ptr<pipeline::File>> opened = env_.context.fs.open(file->path, OpenMode::read);
  if (!opened && opened.error().code() != Errc::not_found && table_.open_files > 0) {
    // Perhaps the process has no descriptor left: one of ours may help.
    make_room();
    opened = env_.context.fs.open(file->path, OpenMode::read);
  }
  if (!opened) {
    if (opened.error().code() == Errc::not_found) {
      table_.mark_lost(file);
      env_.mailbox->wake().notify();
    } else {
      fail(file, opened.error());
    }
    return false;
  }
  const Result<FileStatus> status = (*opened)->status();
  if (!status) {
    fail(file, status.error());
    return false;
  }
  if (FileId::of(*status) != FileId{file->device, file->inode} ||
      status->kind != FileKind::regular) {
    table_.mark_lost(file);
    env_.mailbox->wake().notify();
    return false;
  }
  file->file = std::move(*opened);
  ++table_.open_files;
  file->size = status->size;
  file->modified_ns = status->modified_ns;
  if (!read_head(*file)) {
    fail(file, Error(Errc::unavailable, "reading " + file->path + ": its first bytes cannot be read"));
    return false;
  }
  if (file->failures > 0) {
    file->failures = 0;
    env_.context.log.info(env_.context.id, "reading " + file->path + " works again");
  }
  table_.activate(file);
  return true;
}

bool Opener::read_head(TailedFile& file) {
  const Result<std::size_t> got = file.file->read_at({head_.data(), head_.size()}, 0);
  head_size_ = got ? *got : 0;
  return got.has_value();
}

void Opener::extend_head(TailedFile& file) {
  if (file.head.length >= kHeadBytes || !file.file || !read_head(file)) return;
  if (file.head.begins(head())) file.head = Digest::of(head());
}

bool Opener::open(const TailedFileRef& file) {
  if (file->file) return true;
  if (!acquire(file)) return false;
  if (!file->head.begins(head())) {
    // While it was closed, its inode went to another file or its bytes to another text.
    restart(file, file->size < file->at.offset);
    return true;
  }
  extend_head(*file);
  if (file->size < file->at.offset) restart(file, true);
  return true;
}

bool Opener::identify(const TailedFileRef& file, Where where) {
  if (!acquire(file)) return false;
  file->is_identified = true;
  if (env_.config.encoding != Encoding::detect) file->encoding = env_.config.encoding;
  if (restore(file)) return true;
  if (where == Where::stored_only) return false;
  file->head = Digest::of(head());
  file->identity = file_identity(file->device, file->inode, head());
  file->acks = new FileAcks(env_.mailbox, file->number);
  if (where == Where::end) seek_end(*file);
  return true;
}

bool Opener::restore(const TailedFileRef& file) {
  for (auto [at, last] = stored_.equal_range(file->inode); at != last;) {
    const PositionRecord& record = at->second;
    const Mark& mark = record.acked;
    const bool is_same_device = record.device == file->device;
    const bool is_same_head = record.head.begins(head());
    std::array<char, kMarkerBytes> buffer;
    const bool is_same_text =
        is_same_head && file->size >= mark.offset &&
        mark.before.ends(read_before(*file->file, mark.offset, mark.before.length, buffer));
    if (!is_same_device && !(is_same_text && record.head.length >= kHeadSpeaksForItself)) {
      ++at;
      continue;
    }
    const std::string key = position_key(record.device, record.inode, record.identity);
    if (!is_same_text) {
      // The inode serves another file now, or this one was cut off while nobody looked.
      if (is_same_head && mark.offset > 0) env_.counters.truncations.add(1);
      env_.context.positions.erase(key);
      at = stored_.erase(at);
      continue;
    }
    file->identity = record.identity;
    file->named = record.path;
    file->head = Digest::of(head());
    file->at = mark;
    file->ring = PositionRing(mark);
    file->anchors = Anchors(record.anchors);
    file->acks = new FileAcks(env_.mailbox, file->number);
    if (!is_same_device) env_.context.positions.erase(key);
    if (!is_same_device || env_.unix_seconds() - record.saved_s > kRefreshAfter)
      file->is_dirty = true;
    stored_.erase(at);
    return true;
  }
  return false;
}

void Opener::seek_end(TailedFile& file) {
  const bool is_wide = detect_encoding(head()) != Encoding::utf8 && head_size_ >= 2;
  file.at.offset = is_wide ? file.size & ~std::uint64_t{1} : file.size;
  if (file.at.offset == 0) return;
  std::array<char, kMarkerBytes> buffer;
  const std::string_view before =
      read_before(*file.file, file.at.offset, kMarkerBytes, buffer);
  const bool is_at_line = before.ends_with('\n') || (is_wide && before.ends_with(std::string_view("\n\0", 2)));
  file.at.resume = is_at_line ? Resume::line : Resume::skip;
  file.at.before = Digest::of(before);
  file.ring = PositionRing(file.at);
  file.is_dirty = true;
}

void Opener::restart(const TailedFileRef& file, bool is_truncation) {
  if (is_truncation) {
    env_.counters.truncations.add(1);
    env_.context.log.info(env_.context.id, fmt::format("{} was cut off or rewritten; reading it from "
                                                       "its beginning", file->path));
  }
  env_.context.positions.erase(file->key());
  if (file->ring.outstanding() > 0) table_.orphans.emplace(file->number, std::move(file->ring));
  table_.renumber(file);
  if (!file->file || !read_head(*file)) head_size_ = 0;
  if (file->file)
    if (const Result<FileStatus> status = file->file->status()) file->size = status->size;
  file->head = Digest::of(head());
  file->identity = file_identity(file->device, file->inode, head());
  file->encoding = env_.config.encoding;
  if (!file->is_rotated) file->named = file->path;
  file->at = Mark{};
  file->again_until = 0;
  file->flush_at = 0;
  file->ring = PositionRing();
  file->anchors = Anchors();
  file->acks = new FileAcks(env_.mailbox, file->number);
  file->partition.reset();
  file->labels.reset();
  file->is_rewinding = false;
  file->is_dirty = false;
  file->rewinds = 0;
  file->grew_at = env_.now();
}

}  // namespace plugins::sources::file
