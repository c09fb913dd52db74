#include "tests/support/log_writer/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

namespace log_writer {

LogFile::LogFile(std::string directory, std::string name)
    : path_(std::move(directory) + "/" + name + ".log"), name_(std::move(name)) {}

LogFile::LogFile(LogFile&& other) noexcept
    : next(other.next),
      since_rotation(other.since_rotation),
      path_(std::move(other.path_)),
      name_(std::move(other.name_)),
      fd_(std::exchange(other.fd_, -1)) {}

bool LogFile::open() {
  if (fd_ < 0) fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  return fd_ >= 0;
}

void LogFile::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool LogFile::append(std::string_view bytes, std::size_t at_a_time) {
  if (!open()) return false;
  off_t began = -1;
  while (!bytes.empty()) {
    const std::size_t want = at_a_time == 0 ? bytes.size() : std::min(at_a_time, bytes.size());
    const ssize_t wrote = ::write(fd_, bytes.data(), want);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int why = errno;
      if (began >= 0) (void)::ftruncate(fd_, began);
      errno = why;
      return false;
    }
    if (began < 0) began = ::lseek(fd_, 0, SEEK_CUR) - wrote;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

std::string LogFile::generation(std::uint64_t number) const {
  return path_ + "." + std::to_string(number);
}

bool LogFile::copy_to(const std::string& path) {
  const int from = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  const int to = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool good = from >= 0 && to >= 0;
  std::vector<char> block(256UL << 10U);
  while (good) {
    const ssize_t got = ::read(from, block.data(), block.size());
    if (got == 0) break;
    good = got > 0 && ::write(to, block.data(), static_cast<std::size_t>(got)) == got;
  }
  if (from >= 0) ::close(from);
  if (to >= 0) ::close(to);
  return good;
}

bool LogFile::rotate(const RotationPlan& plan) {
  since_rotation = 0;
  if (plan.pause_ms != 0) std::this_thread::sleep_for(std::chrono::milliseconds(plan.pause_ms));
  if (!open()) return false;
  if (plan.keep != 0) (void)::unlink(generation(plan.keep).c_str());
  for (std::uint64_t i = plan.keep; i > 1; --i) {
    (void)std::rename(generation(i - 1).c_str(), generation(i).c_str());
  }
  if (plan.kind == Rotation::copytruncate) {
    if (plan.keep != 0 && !copy_to(generation(1))) return false;
    return ::ftruncate(fd_, 0) == 0;
  }
  if (std::rename(path_.c_str(), generation(1).c_str()) != 0) return false;
  if (plan.keep == 0) (void)::unlink(generation(1).c_str());
  close();
  return open();
}

}  // namespace log_writer
