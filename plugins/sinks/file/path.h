#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/expr/text.h"
#include "pipeline/model/arena.h"

namespace plugins::sinks::file {

// Where records go: a directory that the configuration fixes, and a path below it that may hold
// values of records.
//
// What a record says must never lead elsewhere: a value is always within one component, in which
// everything but [A-Za-z0-9._-] is replaced, and `.` and `..` are no components.
class PathTemplate {
 public:
  // Splits a path text; the error is a sentence for the user. `suffix` is added where it is missing
  // (".zst").
  static std::expected<PathTemplate, std::string> make(const pipeline::Text& path,
                                                       std::string_view suffix);

  const std::string& root() const noexcept { return root_; }  // "" is the root directory itself
  // The same for every record.
  bool is_constant() const noexcept { return components_.empty(); }

  void bind(pipeline::FieldPlan& fields, std::string_view host_name);
  void start(const pipeline::LogBatch& batch);
  // Replaces `out` by the path below root().
  void render(std::size_t row, std::string& out);

 private:
  std::string root_;
  std::string constant_;  // the whole path below root_, where no name is in it
  std::vector<pipeline::Text> components_;
  std::string suffix_;
  pipeline::Arena arena_;
};

}  // namespace plugins::sinks::file
