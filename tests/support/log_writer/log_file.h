#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace log_writer {

enum class Rotation : std::uint8_t { none, rename, copytruncate };

struct RotationPlan {
  Rotation kind = Rotation::none;
  std::uint64_t lines = 0;     // rotate after so many lines of one file; 0: never
  std::uint64_t keep = 10;     // generations .1 to .keep; an older one is deleted
  std::uint64_t pause_ms = 0;  // nothing is written for so long before the rotation
};

// One log as an application writes it: appended to, rotated as logrotate does. The name without
// ".log" stays the id of the writer over all rotations.
class LogFile {
 public:
  LogFile(std::string directory, std::string name);
  ~LogFile() { close(); }
  LogFile(LogFile&& other) noexcept;
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  LogFile& operator=(LogFile&&) = delete;

  const std::string& name() const { return name_; }
  // One write() if `at_a_time` is 0, else as many of that many bytes. False: errno says why; what
  // had been written by then was all cut off again, so that a full disk leaves no half line.
  bool append(std::string_view bytes, std::size_t at_a_time);
  bool rotate(const RotationPlan& plan);
  void close();

  std::uint64_t next = 0;            // sequence of the next line
  std::uint64_t since_rotation = 0;  // lines

 private:
  bool open();
  bool copy_to(const std::string& path);
  std::string generation(std::uint64_t number) const;

  std::string path_;
  std::string name_;
  int fd_ = -1;
};

}  // namespace log_writer
