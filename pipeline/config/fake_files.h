#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/fs.h"

// A file system in memory, for the tests of this layer.
namespace pipeline {

class FakeFiles final : public FileSystem {
 public:
  struct Entry {
    std::string text;
    FileStatus status;
    bool readable = true;
  };

  void put(const std::string& path, std::string text, std::uint32_t mode = 0600) {
    Entry& entry = entries[path];
    entry.status.kind = FileKind::regular;
    entry.status.size = text.size();
    entry.status.mode = mode;
    entry.status.inode = ++inode_;
    entry.status.modified_ns = static_cast<std::int64_t>(inode_);
    entry.text = std::move(text);
  }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode) override {
    ++opened;
    const auto found = entries.find(path);
    if (found == entries.end())
      return std::unexpected(Error::from_errno(ENOENT, "opening " + path));
    if (!found->second.readable)
      return std::unexpected(Error::from_errno(EACCES, "opening " + path));
    return std::make_unique<OpenFile>(found->second);
  }
  Result<FileStatus> status(const std::string& path) override {
    if (const auto found = entries.find(path); found != entries.end()) return found->second.status;
    const auto inside = entries.lower_bound(path + "/");
    if (inside != entries.end() && inside->first.starts_with(path + "/")) {
      FileStatus directory;
      directory.kind = FileKind::directory;
      return directory;
    }
    return std::unexpected(Error::from_errno(ENOENT, "looking at " + path));
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    for (const auto& [path, entry] : entries) {
      if (!path.starts_with(directory + "/")) continue;
      std::string name = path.substr(directory.size() + 1);
      name = name.substr(0, name.find('/'));
      if (std::ranges::find(names, name) == names.end()) names.insert(names.begin(), name);
    }
    return names;
  }
  Result<> rename(const std::string&, const std::string&) override { return {}; }
  Result<> remove(const std::string&) override { return {}; }
  Result<> make_directories(const std::string&) override { return {}; }
  Result<> sync_directory(const std::string&) override { return {}; }

  std::map<std::string, Entry> entries;
  int opened = 0;

 private:
  class OpenFile final : public File {
   public:
    explicit OpenFile(Entry entry) : entry_(std::move(entry)) {}
    Result<std::size_t> read_at(std::span<char> into, std::uint64_t offset) override {
      if (offset >= entry_.text.size()) return std::size_t{0};
      const std::size_t n = std::min<std::size_t>(into.size(), entry_.text.size() - offset);
      std::memcpy(into.data(), entry_.text.data() + offset, n);
      return n;
    }
    Result<> write_at(std::string_view, std::uint64_t) override { return {}; }
    Result<FileStatus> status() override { return entry_.status; }
    Result<> sync() override { return {}; }
    Result<> truncate(std::uint64_t) override { return {}; }
    int descriptor() const override { return -1; }

   private:
    Entry entry_;
  };

  std::uint64_t inode_ = 0;
};

}  // namespace pipeline
