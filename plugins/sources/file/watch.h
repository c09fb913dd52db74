#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/base/result.h"

namespace plugins::sources::file {

// Hears from the kernel what changes in directories: one inotify instance. One thread.
class Watch {
 public:
  enum class Change : std::uint8_t {
    written,    // bytes were added to or cut off a file
    appeared,   // a name: made, linked or moved here
    vanished,   // a name: removed or moved away
    overflow,   // changes were missed: look at everything
  };
  struct Event {
    Change change = Change::written;
    std::string_view directory;  // as it was given to add(); empty for overflow
    std::string_view name;
    bool is_directory = false;
  };

  static pipeline::Result<std::unique_ptr<Watch>> open();
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Watching a directory twice is fine. A directory that is removed is forgotten by itself.
  pipeline::Result<> add(const std::string& directory);
  bool watches(const std::string& directory) const { return by_path_.contains(directory); }

  // Everything that is queued, oldest first; does not wait. Repeated `written` of one name are
  // merged by the kernel while they are unread.
  void drain(const std::function<void(const Event&)>& visit);

  int descriptor() const noexcept { return descriptor_; }

 private:
  explicit Watch(int descriptor) : descriptor_(descriptor) {}
  void forget(int number);

  int descriptor_;
  // Two paths may lead to one directory; each is told of its changes.
  std::unordered_map<int, std::vector<std::string>> by_number_;
  std::unordered_map<std::string, int> by_path_;
};

// What a symbolic link finally leads to; nothing when `path` is no link or leads nowhere.
std::optional<std::string> link_target(const std::string& path);

}  // namespace plugins::sources::file
