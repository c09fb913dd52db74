#include "pipeline/app/write_file.h"

namespace pipeline {

Result<> write_file(FileSystem& files, const std::string& path, std::string_view text) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    if (Result<> made = files.make_directories(path.substr(0, slash)); !made) return made;
  }
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::append_new);
  if (!file) return std::unexpected(std::move(file.error()));
  if (Result<> cut = (*file)->truncate(0); !cut) return cut;
  return (*file)->write_at(text, 0);
}

}  // namespace pipeline
