#include "pipeline/config/decode.h"

#include <charconv>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

#include "pipeline/config/json_text.h"
#include "pipeline/config/nearest.h"

namespace pipeline {
namespace {

// Reads a scalar with a unit. In static mode an unset variable leaves the default.
template <class T>
bool decode_unit(const Node& node, T& out, DecodeContext& context, std::string_view wanted,
                 UnitResult<T> (*parse)(std::string_view)) {
  const auto used = context.text(node, wanted);
  if (!used) return false;
  if (used->has_placeholder) return true;
  auto value = parse(used->text);
  if (!value) {
    context.bad_value(node, used->text, wanted, value.error().message).hint(value.error().hint);
    return false;
  }
  out = *value;
  return true;
}

// A JSON Schema for text with a unit: the pattern tells an editor, the decoder tells the rest.
std::string json_unit(std::string_view pattern, std::string_view example) {
  return json_or_variable(
      fmt::format(R"({{"type":["string","number"],"pattern":{},"examples":[{}]}})",
                  json_string(pattern), json_string(example)));
}

template <class N>
std::optional<N> whole_number(std::string_view text) {
  N value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_digits(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

void report_integer(const Node& node, const std::string& text, DecodeContext& context,
                    std::string_view lowest, std::string_view highest) {
  if (is_digits(text)) {
    context.diagnostics()
        .error("E0109", node.where,
               fmt::format("{} is out of range for {}", text, context.subject()))
        .hint(fmt::format("from {} to {}", lowest, highest));
    return;
  }
  auto& entry = context.bad_value(node, text, "a whole number");
  std::string digits;
  for (const char c : text) {
    if (c != '_' && c != ',' && c != ' ' && c != '\'') digits += c;
  }
  if (digits != text && is_digits(digits)) entry.hint("write " + digits);
}

}  // namespace

std::string json_or_variable(std::string_view fragment) {
  return fmt::format(R"({{"anyOf":[{},{{"type":"string","pattern":"\\$\\{{"}}]}})", fragment);
}

std::string json_enum(std::span<const std::string> words) {
  std::string list;
  for (const std::string& word : words) {
    if (!list.empty()) list += ',';
    append_json(list, word);
  }
  return json_or_variable(R"({"enum":[)" + list + "]}");
}

namespace detail {

bool decode_bool(const Node& node, bool& out, DecodeContext& context) {
  const auto used = context.text(node, "true or false");
  if (!used) return false;
  if (used->has_placeholder) return true;
  if (used->text == "true" || used->text == "false") {
    out = used->text == "true";
    return true;
  }
  auto& entry = context.bad_value(node, used->text, "true or false");
  std::string lower = used->text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string_view yes : {"yes", "on", "y", "1", "true"}) {
    if (lower == yes) entry.hint("write true");
  }
  for (const std::string_view no : {"no", "off", "n", "0", "false"}) {
    if (lower == no) entry.hint("write false");
  }
  return false;
}

bool decode_signed(const Node& node, std::int64_t& out, std::int64_t lowest, std::int64_t highest,
                   DecodeContext& context) {
  const auto used = context.text(node, "a whole number");
  if (!used) return false;
  if (used->has_placeholder) return true;
  const auto value = whole_number<std::int64_t>(used->text);
  if (!value || *value < lowest || *value > highest) {
    report_integer(node, used->text, context, std::to_string(lowest), std::to_string(highest));
    return false;
  }
  out = *value;
  return true;
}

bool decode_unsigned(const Node& node, std::uint64_t& out, std::uint64_t highest,
                     DecodeContext& context) {
  const auto used = context.text(node, "a whole number");
  if (!used) return false;
  if (used->has_placeholder) return true;
  const auto value = whole_number<std::uint64_t>(used->text);
  if (!value || *value > highest) {
    report_integer(node, used->text, context, "0", std::to_string(highest));
    return false;
  }
  out = *value;
  return true;
}

std::optional<std::size_t> decode_word(const Node& node, std::span<const std::string> words,
                                       DecodeContext& context) {
  const auto used = context.text(node, one_of_text(words));
  if (!used) return std::nullopt;
  if (used->has_placeholder) return words.size();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == used->text) return i;
  }
  auto& entry = context.diagnostics().error(
      "E0106", node.where,
      Substitution::is_needed(node.text)
          ? fmt::format("{} must be {}; the value of {} is something else", context.subject(),
                        one_of_text(words), node.text)
          : fmt::format("{} must be {}, not '{}'", context.subject(), one_of_text(words),
                        used->text));
  if (const auto meant = nearest(used->text, words)) entry.hint(did_you_mean(*meant));
  return std::nullopt;
}

}  // namespace detail

bool Decode<std::string>::decode(const Node& node, std::string& out, DecodeContext& context) {
  auto used = context.text(node, "text");
  if (!used) return false;
  out = std::move(used->text);
  return true;
}

bool Decode<double>::decode(const Node& node, double& out, DecodeContext& context) {
  const auto used = context.text(node, "a number");
  if (!used) return false;
  if (used->has_placeholder) return true;
  const std::string& text = used->text;
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(value)) {
    context.bad_value(node, text, "a number");
    return false;
  }
  out = value;
  return true;
}

std::string Decode<double>::print(double value) { return fmt::format("{}", value); }

bool Decode<Duration>::decode(const Node& node, Duration& out, DecodeContext& context) {
  return decode_unit<Duration>(node, out, context, "a duration", parse_duration);
}
bool Decode<Size>::decode(const Node& node, Size& out, DecodeContext& context) {
  return decode_unit<Size>(node, out, context, "a size", parse_size);
}
bool Decode<Rate>::decode(const Node& node, Rate& out, DecodeContext& context) {
  return decode_unit<Rate>(node, out, context, "a rate", parse_rate);
}
bool Decode<Ratio>::decode(const Node& node, Ratio& out, DecodeContext& context) {
  return decode_unit<Ratio>(node, out, context, "a ratio", parse_ratio);
}

TypeInfo Decode<Duration>::describe() {
  return {.name = "duration",
          .json = json_unit(R"(^(0|(\d+(\.\d+)?(ns|us|ms|s|m|h|d|w))+)$)", "15s")};
}
TypeInfo Decode<Size>::describe() {
  return {.name = "size", .json = json_unit(R"(^(0|\d+(\.\d+)?([KMGT]iB|[kMGT]?B))$)", "8MiB")};
}
TypeInfo Decode<Rate>::describe() {
  return {.name = "rate",
          .json = json_unit(R"(^(0|\d+(\.\d+)?([KMGT]iB|[kMGT]?B)?/[smhd])$)", "1000/s")};
}
TypeInfo Decode<Ratio>::describe() {
  return {.name = "ratio", .json = json_unit(R"(^\d+(\.\d+)?%?$)", "10%")};
}

bool Decode<Secret>::decode(const Node& node, Secret& out, DecodeContext& context) {
  if (!node.is_scalar()) {
    context.wrong_kind(node, "a secret");
    return false;
  }
  const auto path = Substitution::file_reference(node.text);
  if (!path) {
    if (!Substitution::is_needed(node.text)) context.diagnostics().mask(node.where);
    auto used = context.text(node, "a secret");
    if (!used) return false;
    out = Secret(std::move(used->text));
    return true;
  }
  Substitution& substitution = context.substitution();
  if (substitution.static_mode()) {
    out = Secret("placeholder");
    return true;
  }
  Secret secret = Secret::from_file(*path, substitution.files());
  if (const auto read = secret.refresh(); !read) {
    context.diagnostics().error("E0112", node.where,
                                fmt::format("{}: {}", context.subject(), read.error().message()));
    return false;
  }
  static constexpr std::uint32_t kOthersCanRead = 0044;
  const auto status = substitution.files().status(*path);
  if (status && (status->mode & kOthersCanRead) != 0) {
    context.diagnostics()
        .warning("W-secret-mode", node.where,
                 fmt::format("{} has mode {:04o}: others than its owner can read it", *path,
                             status->mode))
        .hint(fmt::format("chmod 600 {}", *path));
  }
  out = std::move(secret);
  return true;
}

}  // namespace pipeline
