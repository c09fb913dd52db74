#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/diagnostics.h"
#include "pipeline/config/node.h"
#include "pipeline/config/rule.h"
#include "pipeline/config/substitution.h"

namespace pipeline {

// What decoding knows besides the node: where problems go, what ${NAME} means, and which option of
// which component is being read. One thread at a time.
class DecodeContext {
 public:
  // Both must outlive the context.
  DecodeContext(Diagnostics& diagnostics, Substitution& substitution);
  DecodeContext(const DecodeContext&) = delete;
  DecodeContext& operator=(const DecodeContext&) = delete;

  Diagnostics& diagnostics() noexcept { return diagnostics_; }
  Substitution& substitution() noexcept { return substitution_; }

  // While it lives, messages speak of this component: "source 'app' (type file)"; `reserved` are
  // keys of its map that somebody else reads (`type`, `when`, `queue`); `topic` is what `sluice
  // explain` is given ("file"; "" leaves that hint out).
  class ComponentScope {
   public:
    ComponentScope(DecodeContext& context, std::string subject, std::vector<std::string> reserved,
                   Location where, std::string topic);
    ~ComponentScope();
    ComponentScope(const ComponentScope&) = delete;
    ComponentScope& operator=(const ComponentScope&) = delete;

   private:
    DecodeContext& context_;
    std::string subject_;
    std::vector<std::string> reserved_;
    std::string topic_;
    std::vector<std::string> path_;
    Location where_;
  };
  [[nodiscard]] ComponentScope component(std::string subject, std::vector<std::string> reserved,
                                         Location where, std::string topic = {}) {
    return ComponentScope(*this, std::move(subject), std::move(reserved), std::move(where),
                          std::move(topic));
  }

  // While it lives, messages speak of this option of the current one.
  class OptionScope {
   public:
    OptionScope(DecodeContext& context, std::string_view name, Location where, const Rule* rule);
    ~OptionScope();
    OptionScope(const OptionScope&) = delete;
    OptionScope& operator=(const OptionScope&) = delete;

   private:
    DecodeContext& context_;
    Location where_;
    const Rule* rule_;
  };
  [[nodiscard]] OptionScope option(std::string_view name, Location where,
                                   const Rule* rule = nullptr) {
    return OptionScope(*this, name, std::move(where), rule);
  }

  // "option 'batch.bytes' of sink 'loki' (type loki)", or the component alone.
  std::string subject() const;
  // "batch.bytes"; "" outside any option.
  std::string option_path() const;
  const std::string& component_subject() const noexcept { return subject_; }
  const std::string& topic() const noexcept { return topic_; }
  // The key of the current option or component; nowhere when nobody said.
  const Location& where() const noexcept { return where_; }
  // The current option's rule.
  const Rule& rule() const noexcept;
  // The keys to skip in the map that is decoded next; empty from the second call on.
  std::vector<std::string> take_reserved();

  // E0103 at the node, once for each: "option 'x' of … needs a duration, not a list".
  Diagnostics::Entry& wrong_kind(const Node& node, std::string_view wanted);
  // E0104 at the node: "'10' is not a duration for option …: …".
  Diagnostics::Entry& bad_value(const Node& node, std::string_view text, std::string_view wanted,
                                std::string_view why = {});

  // A scalar's text with the environment replaced. Nothing after it has reported why: no scalar, an
  // unset variable. `wanted` names the type: "a duration".
  std::optional<Substitution::Used> text(const Node& node, std::string_view wanted);
  // A scalar's text as it stands, for expressions: `${` means nothing there.
  std::optional<std::string_view> raw_text(const Node& node, std::string_view wanted);

 private:
  Diagnostics& diagnostics_;
  Substitution& substitution_;
  std::string subject_;
  std::string topic_;
  std::vector<std::string> reserved_;
  std::vector<std::string> path_;
  Location where_;
  const Rule* rule_ = nullptr;
};

}  // namespace pipeline
