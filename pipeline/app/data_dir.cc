#include "pipeline/app/data_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace pipeline {

Result<std::unique_ptr<DataDir>> DataDir::open(FileSystem& fs, const std::string& path) {
  const std::string hint =
      "; agent.data_dir must be writable, or `none` to keep positions in memory only";
  if (Result<> made = fs.make_directories(path); !made)
    return failure(made.error().code(), made.error().message() + hint);
  Result<std::unique_ptr<File>> lock = fs.open(path + "/lock", OpenMode::read_write);
  if (!lock) return failure(lock.error().code(), lock.error().message() + hint);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (const int descriptor = (*lock)->descriptor();
      descriptor >= 0 && ::fcntl(descriptor, F_OFD_SETLK, &whole) != 0) {
    return failure(Errc::unavailable,
                   fmt::format("{} is in use by another agent; give each agent a data_dir of its own", path));
  }
  return std::unique_ptr<DataDir>(new DataDir(path, std::move(*lock)));
}

}  // namespace pipeline
