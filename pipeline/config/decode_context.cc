#include "pipeline/config/decode_context.h"

#include <utility>

#include <fmt/format.h>

#include "pipeline/config/nearest.h"

namespace pipeline {

DecodeContext::DecodeContext(Diagnostics& diagnostics, Substitution& substitution)
    : diagnostics_(diagnostics), substitution_(substitution) {}

DecodeContext::ComponentScope::ComponentScope(DecodeContext& context, std::string subject,
                                              std::vector<std::string> reserved, Location where,
                                              std::string topic)
    : context_(context),
      subject_(std::exchange(context.subject_, std::move(subject))),
      reserved_(std::exchange(context.reserved_, std::move(reserved))),
      topic_(std::exchange(context.topic_, std::move(topic))),
      path_(std::exchange(context.path_, {})),
      where_(std::exchange(context.where_, std::move(where))) {}

DecodeContext::ComponentScope::~ComponentScope() {
  context_.subject_ = std::move(subject_);
  context_.reserved_ = std::move(reserved_);
  context_.topic_ = std::move(topic_);
  context_.path_ = std::move(path_);
  context_.where_ = std::move(where_);
}

DecodeContext::OptionScope::OptionScope(DecodeContext& context, std::string_view name,
                                        Location where, const Rule* rule)
    : context_(context),
      where_(std::exchange(context.where_, std::move(where))),
      rule_(std::exchange(context.rule_, rule)) {
  context.path_.emplace_back(name);
}

DecodeContext::OptionScope::~OptionScope() {
  context_.path_.pop_back();
  context_.where_ = std::move(where_);
  context_.rule_ = rule_;
}

std::string DecodeContext::option_path() const {
  std::string path;
  for (const std::string& step : path_) {
    if (!path.empty() && !step.starts_with('[')) path += '.';
    path += step;
  }
  return path;
}

std::string DecodeContext::subject() const {
  if (path_.empty()) return subject_.empty() ? "the configuration" : subject_;
  const std::string option = fmt::format("option '{}'", option_path());
  return subject_.empty() ? option : fmt::format("{} of {}", option, subject_);
}

const Rule& DecodeContext::rule() const noexcept {
  static const Rule kNone;
  return rule_ != nullptr ? *rule_ : kNone;
}

std::vector<std::string> DecodeContext::take_reserved() { return std::exchange(reserved_, {}); }

Diagnostics::Entry& DecodeContext::wrong_kind(const Node& node, std::string_view wanted) {
  if (node.is_null()) {
    const Location& where = node.where.length > 0 || !where_ ? node.where : where_;
    return diagnostics_.error("E0117", where, fmt::format("{} has no value", subject()))
        .hint(fmt::format("write {}, or leave the key out", wanted));
  }
  auto& entry =
      diagnostics_.error("E0103", node.where,
                         fmt::format("{} takes {}, not {}", subject(), wanted, name_of(node.kind)));
  const bool braces =
      node.is_mapping() && node.entries.size() == 1 && node.entries[0].value.is_null();
  const std::string_view text = node.where.source ? node.where.source->text() : std::string_view();
  if (braces && node.end <= text.size() && node.end > node.begin && text[node.begin] == '{') {
    entry.hint(fmt::format("in YAML braces are a map; quote it: \"{}\"",
                           text.substr(node.begin, node.end - node.begin)));
  } else if (node.is_plain() && wanted.starts_with("a map") &&
             node.text.find(':') != std::string::npos) {
    entry.hint("a ':' needs a space behind it");
  }
  return entry;
}

Diagnostics::Entry& DecodeContext::bad_value(const Node& node, std::string_view text,
                                             std::string_view wanted, std::string_view why) {
  // What came from the environment or a file may be a secret: only what stands in the file is told.
  std::string message = fmt::format("{} takes {}, not '{}'", subject(), wanted, text);
  if (Substitution::is_needed(node.text)) {
    message =
        fmt::format("{} takes {}; the value of {} is something else", subject(), wanted, node.text);
  }
  if (!why.empty()) message += fmt::format(": {}", why);
  return diagnostics_.error("E0104", node.where, std::move(message));
}

std::optional<Substitution::Used> DecodeContext::text(const Node& node, std::string_view wanted) {
  if (!node.is_scalar()) {
    wrong_kind(node, wanted);
    return std::nullopt;
  }
  if (!Substitution::is_needed(node.text)) return Substitution::Used{node.text, {}, false};
  // Prometheus's own references, ${1}, live in these; nothing else is replaced there either.
  for (const std::string& step : path_) {
    if (step == "regex" || step == "replacement" || step == "target_label") {
      return Substitution::Used{node.text, {}, false};
    }
  }
  auto used = substitution_.apply(node, diagnostics_);
  const std::string& example = rule().example;
  if (used && used->has_placeholder && !example.empty() && node.text.starts_with("${") &&
      node.text.find('}') == node.text.size() - 1) {
    used->text = example;
  }
  return used;
}

std::optional<std::string_view> DecodeContext::raw_text(const Node& node, std::string_view wanted) {
  if (!node.is_scalar()) {
    wrong_kind(node, wanted);
    return std::nullopt;
  }
  return node.text;
}

}  // namespace pipeline
