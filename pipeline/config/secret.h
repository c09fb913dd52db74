#pragma once

#include <memory>
#include <string>

#include "pipeline/base/fs.h"
#include "pipeline/base/result.h"

namespace pipeline {

// A value that is never printed: written in the configuration, or a `${file:PATH}` reference to a
// file that may change while we run. Copies share the reference. Thread-safe.
class Secret {
 public:
  Secret();
  explicit Secret(std::string literal);
  // REQUIRES: `files` outlives every copy. Reads nothing yet.
  static Secret from_file(std::string path, FileSystem& files);

  // The value now, without the file's final newline. A file is looked at every time and read again
  // when its time, size or identity (so: a symlink's target) changed. When it cannot be read, the
  // last value that could; "" when there was none.
  std::string reveal() const;
  // Reads the file whatever its time says: after a 401. Does nothing for a literal.
  Result<> refresh() const;

  bool is_file() const noexcept;
  // The reference's path; "" for a literal.
  std::string path() const;
  bool empty() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Always "<secret>".
std::string print(const Secret& secret);

}  // namespace pipeline
