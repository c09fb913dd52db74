#pragma once

#include <memory>
#include <string>

#include "pipeline/base/fs.h"
#include "pipeline/base/result.h"

namespace pipeline {

// The agent's own directory, made if absent and locked: one agent per directory. The lock ends with
// the object, also when the process is killed.
class DataDir {
 public:
  // Fails when the directory cannot be made or written, or another agent holds it.
  static Result<std::unique_ptr<DataDir>> open(FileSystem& fs, const std::string& path);

  const std::string& path() const noexcept { return path_; }

 private:
  DataDir(std::string path, std::unique_ptr<File> lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  std::unique_ptr<File> lock_;
};

}  // namespace pipeline
