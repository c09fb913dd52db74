#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/result.h"

namespace pipeline {

// Where sources keep how far they have come. Keys are the source's own (for a file: device, inode
// and fingerprint); values are its own short text. Already scoped to one source and pipeline.
// Thread-safe.
class PositionStore {
 public:
  virtual ~PositionStore() = default;

  // What a start finds: every live key of this scope.
  virtual std::vector<std::pair<std::string, std::string>> load() = 0;
  // In memory at once, in the file within a second and at exit. The last write of a key wins.
  virtual void save(std::string_view key, std::string_view value) = 0;
  // In the page cache when it returns, so that a kill of the process cannot lose it. For what must
  // be known before a record may be sent.
  virtual Result<> save_now(std::string_view key, std::string_view value) = 0;
  virtual void erase(std::string_view key) = 0;
};

}  // namespace pipeline
