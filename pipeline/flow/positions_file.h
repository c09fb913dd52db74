#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/base/fs.h"
#include "pipeline/base/log.h"
#include "pipeline/component/positions.h"

namespace pipeline {

// Every source's positions in one append-only file, `positions.log` below data_dir. Thread-safe.
//
// One record a line: XXH3 of the rest in hex, scope, key and value, tab-separated with escapes; an
// empty value erases. The last record of a key wins; a torn or broken line is skipped and counted;
// the file is rewritten (temporary file, sync, rename, sync of the directory) when it has grown past
// kCompactAt and holds mostly dead records. Losing the newest records costs duplicates, never loss:
// a position is only ever behind what was acknowledged.
class PositionsFile {
 public:
  static constexpr std::uint64_t kCompactAt = 1024 * 1024;

  // Reads what is there. Fails when the file can be neither read nor created.
  static Result<std::unique_ptr<PositionsFile>> open(FileSystem& fs, Log& log, std::string path);
  // Keeps positions in memory only (data_dir: none).
  static std::unique_ptr<PositionsFile> in_memory();
  ~PositionsFile();

  // The view of one scope ("app" or "app/pipeline"). REQUIRES: this outlives it.
  std::unique_ptr<PositionStore> scope(std::string name);
  // Scopes that have positions, sorted: for warnings about those that nobody uses.
  std::vector<std::string> scopes() const;
  // Moves the positions of a renamed source (`was:`); nothing when `to` has some.
  void adopt(const std::string& from, const std::string& to);

  // Writes what save() has collected. Called about once a second and at exit. A failure (full disk)
  // keeps it for the next call and is reported by the caller.
  Result<> flush();
  std::uint64_t broken_records() const;

 private:
  struct State;
  class Scope;
  explicit PositionsFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pipeline
