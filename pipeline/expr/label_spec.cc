#include "pipeline/expr/label_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/expr/codes.h"

namespace pipeline {
namespace {

std::unexpected<Problems> problem(std::string_view code, std::string message, std::string hint,
                                  std::size_t length) {
  return std::unexpected(
      Problems{{code, std::move(message), std::move(hint), 0, static_cast<std::uint32_t>(length)}});
}

}  // namespace

const LabelSpec::Entry* LabelSpec::find(std::string_view label) const noexcept {
  const auto found = std::ranges::find(entries_, label, &Entry::label);
  return found == entries_.end() ? nullptr : &*found;
}

Compiled<void> LabelSpec::add(std::string_view label, Text text, Location where) {
  if (!is_legal_label_name(label)) {
    const std::string legal = legal_label_name(label);
    return problem(expr_code::kLabelName, fmt::format("`{}` is no legal label name", label),
                   legal.empty() ? "" : fmt::format("write `{}`", legal), label.size());
  }
  if (find(label) != nullptr)
    return problem(expr_code::kDuplicateLabel, fmt::format("label `{}` is set twice", label), "",
                   label.size());
  entries_.push_back({std::string(label), std::move(text), std::move(where)});
  return {};
}

Compiled<void> LabelSpec::add_name(std::string_view name, Location where) {
  auto reference = compile_reference(name);
  if (!reference) return std::unexpected(std::move(reference.error()));
  const std::string label = legal_label_name(last_part(reference->path));
  if (label.empty())
    return problem(expr_code::kLabelName, fmt::format("`{}` gives no label name", name),
                   fmt::format("name it in the map form: {{label: '{{{}}}'}}", name), name.size());
  if (const Entry* other = find(label))
    return problem(expr_code::kDuplicateLabel,
                   fmt::format("label `{}` is set twice: by `{}` and by `{}`", label,
                               other->text.source(), name),
                   fmt::format("name one in the map form: {{other: '{{{}}}'}}", name), name.size());
  entries_.push_back({label, Text::of(std::move(*reference)), std::move(where)});
  return {};
}

bool LabelSpec::looks_like_field(const Entry& entry, const std::vector<std::string>& fields) {
  if (!entry.text.is_constant()) return false;
  const std::string_view text = entry.text.constant();
  return text == entry.label || std::ranges::find(fields, text) != fields.end();
}

void LabelSpec::fold_host_name(std::string_view host_name) {
  for (Entry& entry : entries_) entry.text.fold_host_name(host_name);
}

std::vector<Label> LabelSpec::constants() const {
  std::vector<Label> labels;
  for (const Entry& entry : entries_) {
    if (entry.text.is_constant())
      labels.push_back({entry.label, std::string(entry.text.constant())});
  }
  return labels;
}

}  // namespace pipeline
