#pragma once

#include <functional>
#include <string>

#include "pipeline/base/fs.h"
#include "plugins/sources/file/glob.h"

namespace plugins::sources::file {

// What a walk meets. Paths are absolute; symbolic links have been followed for the status.
struct WalkVisitor {
  // A directory in which a match may lie or appear.
  std::function<void(const std::string& directory)> directory;
  // A name that matches and is not a directory.
  std::function<void(const std::string& path, const pipeline::FileStatus& status)> file;
  // A directory that could not be listed, other than because it is not there.
  std::function<void(const std::string& directory, const pipeline::Error& error)> failed;
};

// Visits what `glob` matches now. A match may be visited more than once (several alternatives,
// "**"); a directory that links lead back to is entered once.
void walk(pipeline::FileSystem& fs, const Glob& glob, const WalkVisitor& visitor);

}  // namespace plugins::sources::file
