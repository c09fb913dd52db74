#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/fs.h"
#include "pipeline/config/diagnostics.h"
#include "pipeline/config/node.h"

namespace pipeline {

// Replaces ${NAME}, ${NAME:-default}, ${NAME:?message} and ${file:PATH} in one scalar at the moment
// when it is decoded, so that the option's type decides whether and how. `$${` is a literal `${`;
// `${1}` and anything else that is no name stays as it is. What comes out is never read as YAML.
class Substitution {
 public:
  using Variables = std::function<std::optional<std::string>(const std::string& name)>;

  struct Unset {
    std::string name;
    Location where;
  };

  struct Used {
    std::string text;
    std::vector<std::string> names;  // NAME or file:PATH, in order
    // A variable without a value stands in it (static mode only).
    bool has_placeholder = false;
  };

  // The process's environment and `files` (which must outlive this).
  explicit Substitution(FileSystem& files);
  Substitution(Variables variables, FileSystem& files);

  // `check --static`: unset variables are listed and replaced by a placeholder, files are not
  // opened.
  void set_static_mode(bool on) noexcept { static_mode_ = on; }
  bool static_mode() const noexcept { return static_mode_; }
  // Every unset variable met in static mode, each name once.
  const std::vector<Unset>& unset() const noexcept { return unset_; }

  // Reports to `diagnostics` and returns nothing when a variable is unset or a file unreadable.
  std::optional<Used> apply(const Node& scalar, Diagnostics& diagnostics);

  FileSystem& files() const noexcept { return files_; }

  // True when apply() would change `text`.
  static bool is_needed(std::string_view text) noexcept;
  // The path when `text` is exactly one ${file:PATH}.
  static std::optional<std::string> file_reference(std::string_view text);

 private:
  Variables variables_;
  FileSystem& files_;
  bool static_mode_ = false;
  std::vector<Unset> unset_;
};

// The environment of this process.
Substitution::Variables process_environment();

// Largest file that configuration reads as a value.
inline constexpr std::size_t kMaxValueFileBytes = std::size_t{1} << 20;
Result<std::string> read_text_file(FileSystem& files, const std::string& path,
                                   std::size_t bytes_max);

}  // namespace pipeline
