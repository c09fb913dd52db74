#include "pipeline/config/range.h"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/config/nearest.h"

namespace pipeline::detail {

bool check_bounds(long double value, const std::string& text, const Rule& rule, const Node& node,
                  DecodeContext& context) {
  const bool low = rule.min && value < rule.min->value;
  const bool high = rule.max && value > rule.max->value;
  if (!low && !high) return true;
  auto& entry = context.diagnostics().error(
      "E0109", node.where,
      fmt::format("{} is too {} for {}", rule.secret ? "the value" : text, low ? "small" : "large",
                  context.subject()));
  if (rule.min && rule.max) {
    entry.hint(fmt::format("from {} to {}", rule.min->text, rule.max->text));
  } else {
    entry.hint(low ? fmt::format("at least {}", rule.min->text)
                   : fmt::format("at most {}", rule.max->text));
  }
  return false;
}

bool check_words(const std::string& value, const Rule& rule, const Node& node,
                 DecodeContext& context) {
  if (rule.one_of.empty() || std::ranges::find(rule.one_of, value) != rule.one_of.end())
    return true;
  if (context.substitution().static_mode() && Substitution::is_needed(node.text)) return true;
  auto& entry = context.diagnostics().error(
      "E0106", node.where,
      Substitution::is_needed(node.text)
          ? fmt::format("{} must be {}; the value of {} is something else", context.subject(),
                        one_of_text(rule.one_of), node.text)
          : fmt::format("{} must be {}, not '{}'", context.subject(), one_of_text(rule.one_of),
                        value));
  if (const auto meant = nearest(value, rule.one_of)) entry.hint(did_you_mean(*meant));
  return false;
}

bool check_not_empty(bool empty, const Rule& rule, const Node& node, DecodeContext& context) {
  if (!empty || !rule.non_empty) return true;
  context.diagnostics().error("E0109", node.where,
                              fmt::format("{} must not be empty", context.subject()));
  return false;
}

}  // namespace pipeline::detail
