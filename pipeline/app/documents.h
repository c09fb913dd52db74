#pragma once

#include <string>
#include <vector>

#include "pipeline/base/result.h"
#include "pipeline/component/registry.h"

namespace pipeline {

// A file of a checkout as it should be.
struct Document {
  std::string path;  // from the root: "plugins/sinks/loki/README.md"
  std::string text;
};

// Everything that is generated: the option tables inside the plugins' READMEs, and docs/reference/.
// Reads the READMEs below `root`. `problems` gets a line for each README that is missing or has no
// place for its table.
std::vector<Document> generated_documents(const Registry& registry, FileSystem& files,
                                          const std::string& root,
                                          std::vector<std::string>& problems);

// `text` with the lines between `<!-- options -->` and `<!-- /options -->` replaced; not_found when
// a mark is missing.
Result<std::string> with_option_table(std::string_view text, std::string_view table);

}  // namespace pipeline
