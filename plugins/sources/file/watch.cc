#include "plugins/sources/file/watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace plugins::sources::file {

using pipeline::Error;
using pipeline::Result;

namespace {

constexpr std::uint32_t kMask = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;

}  // namespace

Result<std::unique_ptr<Watch>> Watch::open() {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return std::unexpected(Error::from_errno(errno, "opening inotify"));
  return std::unique_ptr<Watch>(new Watch(descriptor));
}

Watch::~Watch() { ::close(descriptor_); }

Result<> Watch::add(const std::string& directory) {
  const int number = ::inotify_add_watch(descriptor_, directory.c_str(), kMask);
  if (number < 0) return std::unexpected(Error::from_errno(errno, "watching " + directory));
  const auto [known, is_new] = by_path_.try_emplace(directory, number);
  if (!is_new && known->second == number) return {};
  known->second = number;
  std::vector<std::string>& names = by_number_[number];
  if (std::find(names.begin(), names.end(), directory) == names.end()) names.push_back(directory);
  return {};
}

void Watch::forget(int number) {
  const auto known = by_number_.find(number);
  if (known == by_number_.end()) return;
  for (const std::string& name : known->second)
    if (const auto path = by_path_.find(name); path != by_path_.end() && path->second == number)
      by_path_.erase(path);
  by_number_.erase(known);
}

void Watch::drain(const std::function<void(const Event&)>& visit) {
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  // The kernel queues at most fs.inotify.max_queued_events (16,384); more rounds would only follow a
  // writer that never rests.
  for (int round = 0; round < 64; ++round) {
    const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
    if (got <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event header;
      std::memcpy(&header, buffer.data() + at, sizeof header);
      const char* text = buffer.data() + at + sizeof header;
      at += sizeof header + header.len;
      if (header.mask & IN_Q_OVERFLOW) {
        visit({Change::overflow, {}, {}, false});
        continue;
      }
      if (header.mask & (IN_IGNORED | IN_DELETE_SELF)) {
        forget(header.wd);
        continue;
      }
      if (header.mask & IN_MOVE_SELF) {  // its paths are no longer its own
        ::inotify_rm_watch(descriptor_, header.wd);
        forget(header.wd);
        continue;
      }
      const auto known = by_number_.find(header.wd);
      if (known == by_number_.end() || header.len == 0) continue;
      Event event;
      event.name = std::string_view(text, ::strnlen(text, header.len));
      event.is_directory = (header.mask & IN_ISDIR) != 0;
      event.change = (header.mask & IN_MODIFY)                     ? Change::written
                     : (header.mask & (IN_CREATE | IN_MOVED_TO)) ? Change::appeared
                                                                   : Change::vanished;
      // A copy: the visitor may add watches.
      const std::vector<std::string> directories = known->second;
      for (const std::string& directory : directories) {
        event.directory = directory;
        visit(event);
      }
    }
  }
}

std::optional<std::string> link_target(const std::string& path) {
  char one = 0;
  if (::readlink(path.c_str(), &one, 1) < 0) return std::nullopt;
  std::array<char, PATH_MAX> resolved;
  if (::realpath(path.c_str(), resolved.data()) == nullptr) return std::nullopt;
  return std::string(resolved.data());
}

}  // namespace plugins::sources::file
