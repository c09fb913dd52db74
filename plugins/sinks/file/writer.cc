#include "plugins/sinks/file/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/codec/time_parse.h"

namespace plugins::sinks::file {

using pipeline::Errc;
using pipeline::Instant;
using pipeline::Result;

namespace {

// Names that are tried for a rotated file before the clock is blamed.
constexpr int kNamesMax = 1000;

// The text of our own JSON lines; how a half of one is told from somebody else's file.
constexpr std::string_view kOwnStart = "{\"time\":\"";
// How far back a half line is looked for.
constexpr std::uint64_t kHalfLineMax = 4 * 1024 * 1024;

// 20260102T030405Z
std::string compact_time(pipeline::UnixNanos time) {
  std::string text;
  pipeline::append_rfc3339(text, time);
  std::string compact;
  for (const char c : text.substr(0, 19))
    if (c != '-' && c != ':') compact.push_back(c);
  return compact + "Z";
}

// What a crash in the middle of a write has left: the size without it.
Result<std::uint64_t> size_of_whole_lines(pipeline::File& file, std::uint64_t size) {
  const std::uint64_t from = size > kHalfLineMax ? size - kHalfLineMax : 0;
  std::string tail(static_cast<std::size_t>(std::min(size, std::uint64_t{64 * 1024})), '\0');
  std::uint64_t at = size;
  std::string half;
  while (at > from) {
    const std::uint64_t step = std::min<std::uint64_t>(tail.size(), at - from);
    auto got = file.read_at({tail.data(), static_cast<std::size_t>(step)}, at - step);
    if (!got) return std::unexpected(std::move(got.error()));
    if (*got != step) return size;
    const std::string_view block(tail.data(), static_cast<std::size_t>(step));
    const std::size_t newline = block.rfind('\n');
    if (newline != std::string_view::npos) {
      half.insert(0, block.substr(newline + 1));
      return half.starts_with(kOwnStart.substr(0, std::min(half.size(), kOwnStart.size())))
                 ? size - half.size()
                 : size;
    }
    half.insert(0, block);
    at -= step;
  }
  if (from > 0) return size;
  return half.starts_with(kOwnStart.substr(0, std::min(half.size(), kOwnStart.size()))) ? 0 : size;
}

}  // namespace

FileWriter::FileWriter(WriterOptions options, const pipeline::Context& context)
    : options_(std::move(options)), context_(context) {}

FileWriter::~FileWriter() { close(); }

pipeline::Task<Result<pipeline::Response>> FileWriter::send(const pipeline::Encoded& request,
                                                            Instant) {
  const std::shared_ptr<Target> to = target(request.tenant);
  Result<> written;
  {
    const std::lock_guard lock(to->mutex);
    written = write(*to, request.tenant, request.body);
  }
  close_some();
  // A full disk, a missing directory, a lack of rights: all may pass, and the engine tries again.
  if (!written) co_return std::unexpected(std::move(written.error()));
  co_return pipeline::Response{204, {}, {}};
}

std::shared_ptr<FileWriter::Target> FileWriter::target(const std::string& relative) {
  const std::lock_guard lock(mutex_);
  recent_.remove(relative);
  recent_.push_front(relative);
  std::shared_ptr<Target>& found = targets_[relative];
  if (!found) found = std::make_shared<Target>();
  return found;
}

Result<> FileWriter::write(Target& target, const std::string& relative, const std::string& body) {
  const std::string path = options_.root + "/" + relative;
  if (target.file) {
    // Somebody else may have moved or removed it (logrotate): then a new one is made.
    const auto there = context_.fs.status(path);
    if (!there || there->inode != target.inode || there->device != target.device) {
      shut(target);
      target.is_known = false;
    }
  }
  if (!target.file) {
    Result<> opened = open(target, relative);
    if (!opened) return opened;
  }
  const bool is_large = options_.rotate_bytes > 0 && target.size > 0 &&
                        target.size + body.size() > options_.rotate_bytes;
  const bool is_old = options_.rotate_age.count() > 0 && target.size > 0 &&
                      context_.clock.now() - target.opened >= options_.rotate_age;
  if (is_large || is_old) {
    Result<> rotated = rotate(target, relative);
    if (!rotated) return rotated;
  }
  if (target.is_dirty) {
    Result<> cut = target.file->truncate(target.size);
    if (!cut) return cut;
    target.is_dirty = false;
  }
  Result<> written = target.file->write_at(body, target.size);
  if (!written) {
    // Cut at once, so that readers never see a half line for long; tried again before the next
    // write.
    target.is_dirty = !target.file->truncate(target.size).has_value();
    return written;
  }
  target.size += body.size();
  return {};
}

Result<> FileWriter::open(Target& target, const std::string& relative) {
  const std::string path = options_.root + "/" + relative;
  auto opened = context_.fs.open_beneath(options_.root, relative);
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto status = (*opened)->status();
  if (!status) return std::unexpected(std::move(status.error()));
  if (status->kind != pipeline::FileKind::regular)
    return pipeline::failure(Errc::unavailable, fmt::format("{} is not a regular file", path));
  target.file = std::move(*opened);
  target.inode = status->inode;
  target.device = status->device;
  target.opened = context_.clock.now();
  target.is_dirty = false;
  const bool is_ours = target.is_known && target.size == status->size;
  target.size = status->size;
  target.is_known = true;
  if (is_ours || status->size == 0) return {};
  if (options_.appends_frames) {
    // Its last frame may be cut short, which would make all that follows unreadable.
    return rotate(target, relative);
  }
  auto whole = size_of_whole_lines(*target.file, status->size);
  if (!whole) return std::unexpected(std::move(whole.error()));
  if (*whole != status->size) {
    Result<> cut = target.file->truncate(*whole);
    if (!cut) return cut;
    target.size = *whole;
    return {};
  }
  std::array<char, 1> last{};
  auto got = target.file->read_at(last, status->size - 1);
  if (got && *got == 1 && last[0] != '\n') {
    // Somebody else's unfinished line stays as it is, and ours begin on a new one.
    Result<> ended = target.file->write_at("\n", status->size);
    if (!ended) return ended;
    ++target.size;
  }
  return {};
}

Result<> FileWriter::rotate(Target& target, const std::string& relative) {
  const std::string path = options_.root + "/" + relative;
  Result<> synced = target.file->sync();
  if (!synced) return synced;
  constexpr std::string_view kSuffix = ".zst";
  const bool is_compressed = path.ends_with(kSuffix);
  const std::string stem = is_compressed ? path.substr(0, path.size() - kSuffix.size()) : path;
  const std::string time = compact_time(context_.clock.unix_now());
  for (int i = 0; i < kNamesMax; ++i) {
    const std::string name = fmt::format(
        "{}.{}{}{}", stem, time, i == 0 ? "" : fmt::format(".{}", i), is_compressed ? kSuffix : "");
    const auto taken = context_.fs.status(name);
    if (taken) continue;
    if (taken.error().code() != Errc::not_found) return std::unexpected(taken.error());
    Result<> renamed = context_.fs.rename(path, name);
    if (!renamed) return renamed;
    target.file.reset();
    target.is_known = false;
    return open(target, relative);
  }
  return pipeline::failure(Errc::unavailable, fmt::format("no free name for rotating {}", path));
}

void FileWriter::shut(Target& target) {
  if (!target.file) return;
  if (target.is_dirty && target.file->truncate(target.size)) target.is_dirty = false;
  const Result<> synced = target.file->sync();
  if (!synced) context_.log.warn(context_.id, synced.error().message());
  target.file.reset();
}

void FileWriter::close_some() {
  std::shared_ptr<Target> idle;
  {
    const std::lock_guard lock(mutex_);
    if (recent_.size() <= options_.open_max) return;
    idle = targets_[recent_.back()];
    recent_.pop_back();
  }
  const std::lock_guard lock(idle->mutex);
  shut(*idle);
}

void FileWriter::close() {
  std::vector<std::shared_ptr<Target>> all;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [path, target] : targets_) all.push_back(target);
    recent_.clear();
  }
  for (const auto& target : all) {
    const std::lock_guard lock(target->mutex);
    shut(*target);
  }
}

}  // namespace plugins::sinks::file
