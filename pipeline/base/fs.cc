#include "pipeline/base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace pipeline {
namespace {

std::unexpected<Error> failed(std::string_view doing, const std::string& path) {
  const int number = errno;
  return std::unexpected(Error::from_errno(number, std::string(doing) + " " + path));
}

FileStatus from_stat(const struct stat& s) {
  FileStatus status;
  status.device = s.st_dev;
  status.inode = s.st_ino;
  status.size = static_cast<std::uint64_t>(s.st_size);
  status.modified_ns = std::int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec;
  status.mode = s.st_mode & 07777;
  status.kind = S_ISREG(s.st_mode)   ? FileKind::regular
                : S_ISDIR(s.st_mode) ? FileKind::directory
                                     : FileKind::other;
  return status;
}

class SystemFile final : public File {
 public:
  SystemFile(int descriptor, std::string path) : path_(std::move(path)), descriptor_(descriptor) {}
  ~SystemFile() override { ::close(descriptor_); }
  SystemFile(const SystemFile&) = delete;
  SystemFile& operator=(const SystemFile&) = delete;

  Result<std::size_t> read_at(std::span<char> into, std::uint64_t offset) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t n = ::pread(descriptor_, into.data() + done, into.size() - done,
                                static_cast<off_t>(offset + done));
      if (n < 0) {
        if (errno == EINTR) continue;
        if (done > 0) break;
        return failed("reading", path_);
      }
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Result<> write_at(std::string_view bytes, std::uint64_t offset) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(offset + done));
      if (n < 0) {
        if (errno == EINTR) continue;
        return failed("writing", path_);
      }
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Result<FileStatus> status() override {
    struct stat s {};
    if (::fstat(descriptor_, &s) != 0) return failed("looking at", path_);
    return from_stat(s);
  }

  Result<> sync() override {
    if (::fdatasync(descriptor_) != 0) return failed("syncing", path_);
    return {};
  }

  Result<> truncate(std::uint64_t size) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return failed("truncating", path_);
    return {};
  }

  int descriptor() const override { return descriptor_; }

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace

Result<std::unique_ptr<File>> SystemFileSystem::open(const std::string& path, OpenMode mode) {
  int flags = O_CLOEXEC;
  mode_t permissions = 0600;
  switch (mode) {
    case OpenMode::read: flags |= O_RDONLY | O_NONBLOCK; break;
    case OpenMode::read_write: flags |= O_RDWR | O_CREAT; break;
    case OpenMode::append_new:
      flags |= O_RDWR | O_CREAT;
      permissions = 0640;
      break;
  }
  const int descriptor = ::open(path.c_str(), flags, permissions);
  if (descriptor < 0) return failed("opening", path);
  return std::make_unique<SystemFile>(descriptor, path);
}

Result<std::unique_ptr<File>> FileSystem::open_beneath(const std::string& root,
                                                       const std::string& relative) {
  const std::string path = root + "/" + relative;
  Result<> made = make_directories(path.substr(0, path.rfind('/')));
  if (!made) return std::unexpected(std::move(made.error()));
  return open(path, OpenMode::append_new);
}

Result<std::unique_ptr<File>> SystemFileSystem::open_beneath(const std::string& root,
                                                             const std::string& relative) {
  const std::string path = root + "/" + relative;
  Result<> made = make_directories(root.empty() ? "/" : root);
  if (!made) return std::unexpected(std::move(made.error()));
  int at = ::open(root.empty() ? "/" : root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return failed("opening", root);
  // One component at a time, so that a symlink that somebody planted is never followed.
  std::size_t begin = 0;
  for (std::size_t end = relative.find('/'); end != std::string::npos; end = relative.find('/', begin)) {
    const std::string name = relative.substr(begin, end - begin);
    begin = end + 1;
    const bool is_there = ::mkdirat(at, name.c_str(), 0750) == 0 || errno == EEXIST;
    const int next = is_there ? ::openat(at, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    const int number = errno;
    ::close(at);
    errno = number;
    if (next < 0) return failed("opening a directory of", path);
    at = next;
  }
  const int descriptor =
      ::openat(at, relative.c_str() + begin, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
  const int number = errno;
  ::close(at);
  errno = number;
  if (descriptor < 0) return failed("opening", path);
  return std::make_unique<SystemFile>(descriptor, path);
}

Result<FileStatus> SystemFileSystem::status(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return failed("looking at", path);
  return from_stat(s);
}

Result<std::vector<std::string>> SystemFileSystem::list(const std::string& directory) {
  DIR* handle = ::opendir(directory.c_str());
  if (handle == nullptr) return failed("listing", directory);
  std::vector<std::string> names;
  for (errno = 0; const dirent* entry = ::readdir(handle); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  const int number = errno;
  ::closedir(handle);
  if (number != 0) return std::unexpected(Error::from_errno(number, "listing " + directory));
  return names;
}

Result<> SystemFileSystem::rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return failed("renaming", from + " to " + to);
  return {};
}

Result<> SystemFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed("removing", path);
  return {};
}

Result<> SystemFileSystem::make_directories(const std::string& path) {
  std::error_code code;
  std::filesystem::path sofar;
  for (const auto& step : std::filesystem::path(path)) {
    sofar /= step;
    if (sofar.empty() || ::mkdir(sofar.c_str(), 0750) == 0 || errno == EEXIST) continue;
    // A parent on a read-only mount answers EROFS although it exists.
    if (std::filesystem::is_directory(sofar, code)) continue;
    return failed("making", sofar.string());
  }
  if (!std::filesystem::is_directory(path, code)) {
    errno = ENOTDIR;
    return failed("making", path);
  }
  return {};
}

Result<> SystemFileSystem::sync_directory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed("opening", path);
  const int outcome = ::fsync(descriptor);
  const int number = errno;
  ::close(descriptor);
  if (outcome != 0) return std::unexpected(Error::from_errno(number, "syncing " + path));
  return {};
}

}  // namespace pipeline
