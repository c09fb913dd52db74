#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.h"

namespace pipeline {

enum class FileKind : std::uint8_t { regular, directory, other };

struct FileStatus {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // Unix nanoseconds
  std::uint32_t mode = 0;        // permission bits
  FileKind kind = FileKind::other;
};

// An open file. Closed by the destructor. One thread at a time. Reads and writes are positional and
// retry EINTR; short reads happen at the end of the file only.
class File {
 public:
  virtual ~File() = default;
  virtual Result<std::size_t> read_at(std::span<char> into, std::uint64_t offset) = 0;
  // Writes all of `bytes` or fails; after a failure the file may hold a part of them.
  virtual Result<> write_at(std::string_view bytes, std::uint64_t offset) = 0;
  virtual Result<FileStatus> status() = 0;
  virtual Result<> sync() = 0;  // fdatasync
  virtual Result<> truncate(std::uint64_t size) = 0;
  virtual int descriptor() const = 0;  // -1 where there is none (a model file system)
};

enum class OpenMode : std::uint8_t {
  read,          // O_RDONLY | O_NONBLOCK (a FIFO must not hang us); no O_NOFOLLOW
  read_write,    // created if absent, mode 0600
  append_new,    // created if absent, mode 0640; write_at() is given the current end
};

// The file system as the engine sees it, so that a test can make it full, slow or broken.
// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // As open() with append_new, for a path that holds text from records: makes the directories below
  // `root` and follows no symlink there. REQUIRES: `relative` has no `.`, `..` or empty components.
  virtual Result<std::unique_ptr<File>> open_beneath(const std::string& root,
                                                     const std::string& relative);
  virtual Result<FileStatus> status(const std::string& path) = 0;  // follows symlinks
  // Names in a directory without "." and "..", unsorted.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<> remove(const std::string& path) = 0;
  virtual Result<> make_directories(const std::string& path) = 0;  // mode 0750
  virtual Result<> sync_directory(const std::string& path) = 0;
};

// The kernel's. A plain object without state.
class SystemFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::unique_ptr<File>> open_beneath(const std::string& root,
                                             const std::string& relative) override;
  Result<FileStatus> status(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<> make_directories(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
};

}  // namespace pipeline
