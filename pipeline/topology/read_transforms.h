#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/config/decode_context.h"
#include "pipeline/topology/draft.h"

namespace pipeline {

// One item of a `transforms:` list. What it is called is decided by the pipeline that it stands in.
struct TransformItem {
  std::string name;  // as given by `name:`, or the plugin's
  bool is_named = false;
  Plan::Transform transform;  // without its id
  Draft::Transform notes;
  std::string canonical;
};

struct TransformList {
  std::vector<TransformItem> items;
  bool is_complete = true;  // false when an item could not be read
};

// Reads lists of transforms: of pipelines, and of groups, which it puts in place of `use: GROUP`.
class TransformReader {
 public:
  // `groups`: the map of that name, or null. Everything must outlive the reader.
  TransformReader(const Registry& registry, DecodeContext& context, const Node* groups);

  // Every group, used or not, so that mistakes show in all of them.
  void read_groups();
  // `owner`: "pipeline 'app'".
  TransformList read(const Node& list, const std::string& owner);
  // Groups that no list has used; after everything was read.
  void warn_of_unused_groups();

 private:
  struct Group {
    TransformList list;
    bool is_open = false;  // being read: whoever asks now is inside it
    bool is_used = false;
  };

  void read_item(const Node& item, const std::string& owner, TransformList& out);
  void read_plugin(const std::string& type, const Location& where, const Node& options,
                   const std::string& owner, TransformList& out);
  void expand(const Node& name, const std::string& owner, TransformList& out);
  const TransformList* group(const Node::Entry& entry);
  bool read_common(const Node& options, const SchemaView& schema, TransformItem& item);
  void unknown_type(const std::string& type, const Location& where, const std::string& owner);

  const Registry& registry_;
  DecodeContext& context_;
  const Node* groups_;
  std::map<std::string, Group> read_;
  bool has_unknown_group_ = false;
};

// Reads a `when:` and notes the names that it reads, each at its place. False after an error.
bool read_condition(const Node& node, DecodeContext& context, std::optional<Condition>& when,
                    std::vector<Usage::Name>& reads);

// [a-zA-Z_][a-zA-Z0-9_-]*: what components may be called.
bool is_component_name(std::string_view name) noexcept;

}  // namespace pipeline
