#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipeline {

using FieldSlot = std::uint32_t;
inline constexpr FieldSlot kNoField = ~FieldSlot{0};

// Which fields of a record anybody downstream wants, so that parsers extract those and no others.
//
// One per pipeline. Filled while the topology is built (transforms and sinks say what they read and
// write in their factories), fixed from then on and shared by the pipeline's lanes.
class FieldPlan {
 public:
  // The slot of a field that somebody reads. Names are paths as in `a.b[0]`; reserved columns of
  // records start with `$` (`$stream`, `$error`).
  FieldSlot read(std::string_view name);
  // The slot of a field that somebody makes. Does not ask a parser for it.
  FieldSlot write(std::string_view name);
  // Somebody wants every field there is (console, encode).
  void read_all() noexcept { all_ = true; }

  FieldSlot find(std::string_view name) const noexcept;
  std::size_t size() const noexcept { return fields_.size(); }
  const std::string& name(FieldSlot slot) const noexcept { return fields_[slot].name; }
  bool is_read(FieldSlot slot) const noexcept { return fields_[slot].read; }
  bool reads_all() const noexcept { return all_; }

 private:
  struct Field {
    std::string name;
    bool read = false;
  };
  FieldSlot slot(std::string_view name);
  std::vector<Field> fields_;
  bool all_ = false;
};

}  // namespace pipeline
