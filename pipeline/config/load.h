#pragma once

#include <string>
#include <vector>

#include "pipeline/base/fs.h"
#include "pipeline/config/diagnostics.h"
#include "pipeline/config/node.h"

namespace pipeline {

struct LoadOptions {
  std::vector<std::string> paths;     // files and directories, added up
  std::vector<std::string> overlays;  // files, patched over them in this order
  std::vector<std::string> sets;      // PATH=VALUE, the last overlay
};

struct Loaded {
  // A map with the top-level keys `agent sources pipelines sinks groups tests`, those that somebody
  // wrote; values before ${NAME} is replaced.
  Node root;
  // False when a file could not be read as a whole: a component that is missing may stand there.
  bool is_complete = true;
  // What was read, in order: for `--watch` and for the first line of the log.
  std::vector<std::string> files;
};

// Reads and merges. Every problem goes to `diagnostics`; what could be read is returned all the
// same, so that its problems are told in the same run. Directories give their *.yaml and *.yml by
// name; hidden entries (a ConfigMap's `..data`) are skipped, symbolic links followed,
// subdirectories not entered.
Loaded load(const LoadOptions& options, FileSystem& files, Diagnostics& diagnostics);

// The same for texts that are at hand.
Loaded load_texts(const std::vector<SourceRef>& texts, Diagnostics& diagnostics);

}  // namespace pipeline
