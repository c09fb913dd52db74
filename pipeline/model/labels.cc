#include "pipeline/model/labels.h"

#include <xxhash.h>

#include <algorithm>

namespace pipeline {
namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// As Go's strconv.Quote for what a label may hold: UTF-8 stays, controls become escapes.
void append_quoted(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (u < 0x20 || u == 0x7f) {
          out += "\\x";
          out.push_back(kHex[u >> 4]);
          out.push_back(kHex[u & 15]);
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

}  // namespace

LabelSet::LabelSet(std::vector<Label> labels) : labels_(std::move(labels)) {
  selector_.push_back('{');
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    if (i > 0) selector_ += ", ";
    selector_ += labels_[i].name;
    selector_.push_back('=');
    append_quoted(selector_, labels_[i].value);
  }
  selector_.push_back('}');
  hash_ = XXH3_64bits(selector_.data(), selector_.size());
}

LabelSetRef LabelSet::make(std::vector<Label> labels) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const Label& a, const Label& b) { return a.name < b.name; });
  std::vector<Label> unique;
  unique.reserve(labels.size());
  for (Label& label : labels) {
    if (!unique.empty() && unique.back().name == label.name) {
      unique.back() = std::move(label);
    } else {
      unique.push_back(std::move(label));
    }
  }
  std::erase_if(unique, [](const Label& label) { return label.value.empty() || label.name.empty(); });
  return LabelSetRef(new LabelSet(std::move(unique)));
}

const LabelSetRef& LabelSet::empty() {
  static const LabelSetRef kEmpty = make({});
  return kEmpty;
}

const std::string* LabelSet::find(std::string_view name) const noexcept {
  for (const Label& label : labels_)
    if (label.name == name) return &label.value;
  return nullptr;
}

std::string legal_label_name(std::string_view name) {
  std::string legal;
  legal.reserve(name.size() + 1);
  if (!name.empty() && is_digit(name.front())) legal.push_back('_');
  for (const char c : name) legal.push_back(is_letter(c) || is_digit(c) ? c : '_');
  return legal;
}

bool is_legal_label_name(std::string_view name) noexcept {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace pipeline
