#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/base/fs.h"
#include "pipeline/component/registry.h"
#include "pipeline/config/diagnostics.h"

namespace pipeline {

// What a line became.
struct TriedRecord {
  std::string_view line;
  std::vector<std::pair<std::string, std::string>> fields;
  UnixNanos time = 0;
  bool has_own_time = false;  // taken from the line; otherwise the time of reading
  std::string labels;         // {level="info"}
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string error;  // why a parser could not read it
  bool is_dropped = false;
};

// Runs the first pipeline of a configuration over lines: the transforms themselves, as the agent
// runs them, without a source and a sink. `path` is what `$file.path` reads; `job` is the label that
// the sink adds. Problems of the configuration go to `diagnostics`; nothing is returned then.
std::vector<TriedRecord> try_records(const std::string& configuration, const std::string& path,
                                     const std::string& job,
                                     std::span<const std::string_view> lines,
                                     const Registry& registry, FileSystem& files,
                                     Diagnostics& diagnostics);

}  // namespace pipeline
