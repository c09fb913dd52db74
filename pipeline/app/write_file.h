#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/fs.h"

namespace pipeline {

// Makes `path` hold exactly `text`, its directories included. For what commands write: not atomic.
Result<> write_file(FileSystem& files, const std::string& path, std::string_view text);

}  // namespace pipeline
