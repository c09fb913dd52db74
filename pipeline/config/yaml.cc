#include "pipeline/config/yaml.h"

#include <yaml.h>

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pipeline/config/yaml_syntax.h"

namespace pipeline {
namespace {

class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&raw); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  yaml_event_t raw{};
};

std::string_view text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(text));
}

class Reader {
 public:
  Reader(SourceRef source, Diagnostics& diagnostics, std::size_t begin)
      : source_(std::move(source)), diagnostics_(diagnostics), begin_(begin) {
    const std::string_view text = source_->text().substr(begin_);
    index_offsets(text);
    // Fails only without memory.
    if (yaml_parser_initialize(&parser_) == 0) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::optional<Node> read() {
    Node root;
    bool seen = false;
    for (;;) {
      Event event;
      if (!next(event)) return std::nullopt;
      switch (event.raw.type) {
        case YAML_STREAM_END_EVENT:
          return failed_ ? std::nullopt : std::optional(std::move(root));
        case YAML_DOCUMENT_START_EVENT:
          if (seen) {
            diagnostics_.error("E0113", place(event), "a second YAML document in one file")
                .hint("put it into a file of its own: several files are added up");
            return std::nullopt;
          }
          seen = true;
          break;
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
          break;
        default:
          if (!node(event, root, 0)) return std::nullopt;
      }
    }
  }

 private:
  // libyaml counts code points; with bytes only they are the same.
  void index_offsets(std::string_view text) {
    bool ascii = true;
    for (const char c : text) ascii = ascii && static_cast<signed char>(c) >= 0;
    if (ascii) return;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
        offsets_.push_back(static_cast<std::uint32_t>(i));
      }
    }
    offsets_.push_back(static_cast<std::uint32_t>(text.size()));
  }

  std::size_t offset(std::size_t index) const {
    if (offsets_.empty()) return begin_ + index;
    return begin_ + (index < offsets_.size() ? offsets_[index] : offsets_.back());
  }
  std::size_t offset(const yaml_mark_t& mark) const { return offset(mark.index); }

  Location place(const Event& event) const {
    return Location::of(source_, offset(event.raw.start_mark), offset(event.raw.end_mark));
  }

  bool next(Event& event) {
    if (yaml_parser_parse(&parser_, &event.raw) != 0) return true;
    SyntaxProblem problem;
    problem.problem = parser_.problem != nullptr ? parser_.problem : "not enough memory";
    problem.context = parser_.context != nullptr ? parser_.context : "";
    if (parser_.error == YAML_READER_ERROR) {
      problem.at = begin_ + parser_.problem_offset;
    } else {
      problem.at = offset(parser_.problem_mark);
      if (parser_.context != nullptr) problem.context_at = offset(parser_.context_mark);
    }
    report_syntax(source_, problem, diagnostics_);
    return false;
  }

  bool too_much(const Event& event, std::string message) {
    diagnostics_.error("E0114", place(event), std::move(message));
    return false;
  }

  // Reads the node that `event` begins. False when reading cannot go on; problems that leave the
  // rest readable set failed_.
  bool node(const Event& event, Node& out, std::size_t depth) {
    if (depth > kMaxNesting) {
      return too_much(event, fmt::format("values are nested more than {} deep", kMaxNesting));
    }
    if (++nodes_ > kMaxNodes) {
      return too_much(event, fmt::format("more than {} values", kMaxNodes));
    }
    std::string anchor;
    out.begin = static_cast<std::uint32_t>(offset(event.raw.start_mark));
    out.where = place(event);
    switch (event.raw.type) {
      case YAML_ALIAS_EVENT:
        return alias(event, out);
      case YAML_SCALAR_EVENT:
        scalar(event, out);
        anchor = text_of(event.raw.data.scalar.anchor);
        break;
      case YAML_SEQUENCE_START_EVENT:
        anchor = text_of(event.raw.data.sequence_start.anchor);
        tag(event, text_of(event.raw.data.sequence_start.tag));
        if (!sequence(out, depth)) return false;
        break;
      default:
        anchor = text_of(event.raw.data.mapping_start.anchor);
        tag(event, text_of(event.raw.data.mapping_start.tag));
        if (!mapping(out, depth)) return false;
        break;
    }
    if (anchor.empty()) return true;
    nodes_ += count(out);  // the copy: anchors within anchors must not multiply unnoticed
    if (nodes_ > kMaxNodes) return too_much(event, fmt::format("more than {} values", kMaxNodes));
    anchors_[anchor] = out;
    return true;
  }

  void tag(const Event& event, std::string_view name) {
    if (name.empty()) return;
    failed_ = true;
    // As it was written: libyaml gives the long form of `!!str`.
    std::string_view shown = source_->text().substr(offset(event.raw.start_mark));
    shown = shown.substr(0, shown.find_first_of(" \t\r\n"));
    if (!shown.starts_with('!')) shown = name;
    diagnostics_
        .error("E0113", place(event), fmt::format("YAML tags are not supported ('{}')", shown))
        .hint("remove the tag; if the value itself begins with '!', quote it");
  }

  void scalar(const Event& event, Node& out) {
    const auto& raw = event.raw.data.scalar;
    out.kind = NodeKind::scalar;
    out.text.assign(reinterpret_cast<const char*>(raw.value), raw.length);
    out.end = static_cast<std::uint32_t>(offset(event.raw.end_mark));
    switch (raw.style) {
      case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        out.style = ScalarStyle::single_quoted;
        break;
      case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        out.style = ScalarStyle::double_quoted;
        break;
      case YAML_LITERAL_SCALAR_STYLE:
        out.style = ScalarStyle::literal;
        break;
      case YAML_FOLDED_SCALAR_STYLE:
        out.style = ScalarStyle::folded;
        break;
      default:
        if (out.text.empty() || out.text == "~" || out.text == "null" || out.text == "Null" ||
            out.text == "NULL") {
          out.kind = NodeKind::null;
        }
        break;
    }
    tag(event, text_of(raw.tag));
  }

  bool sequence(Node& out, std::size_t depth) {
    out.kind = NodeKind::sequence;
    for (;;) {
      Event event;
      if (!next(event)) return false;
      if (event.raw.type == YAML_SEQUENCE_END_EVENT) return close(event, out);
      if (!node(event, out.items.emplace_back(), depth + 1)) return false;
    }
  }

  bool mapping(Node& out, std::size_t depth) {
    out.kind = NodeKind::mapping;
    std::unordered_map<std::string, Location> seen;
    for (;;) {
      Event event;
      if (!next(event)) return false;
      if (event.raw.type == YAML_MAPPING_END_EVENT) return close(event, out);
      Node key;
      if (!node(event, key, depth + 1)) return false;
      Node::Entry entry;
      entry.key_where = place(event);
      entry.key = key.text;
      const bool usable = check_key(key, entry.key_where);
      Event value;
      if (!next(value)) return false;
      if (!node(value, entry.value, depth + 1)) return false;
      if (!usable) continue;
      const auto [at, fresh] = seen.emplace(entry.key, entry.key_where);
      if (!fresh) {
        failed_ = true;
        diagnostics_
            .error("E0108", entry.key_where, fmt::format("the key '{}' is here twice", entry.key))
            .note(at->second, "the first one");
        continue;
      }
      out.entries.push_back(std::move(entry));
    }
  }

  bool check_key(const Node& key, const Location& where) {
    if (key.is_mapping() || key.is_sequence()) {
      failed_ = true;
      auto& error = diagnostics_.error("E0113", where, "a key must be plain text");
      if (where.source->line(where.line).find('{') != std::string_view::npos) {
        error.hint("quote a value that begins with '{'");
      }
      return false;
    }
    if (key.is_plain() && key.text == "<<") {
      failed_ = true;
      diagnostics_.error("E0113", where, "merge keys (<<) are not supported")
          .hint("use an anchor for a whole value, a group of transforms, or an overlay file");
      return false;
    }
    if (key.is_null() && key.text.empty()) {
      failed_ = true;
      diagnostics_.error("E0113", where, "a key is missing before ':'");
      return false;
    }
    return true;
  }

  bool close(const Event& event, Node& out) {
    std::size_t end = offset(event.raw.end_mark);
    const std::string_view text = source_->text();
    // A block ends where the next token begins: cut what lies between.
    while (end > out.begin &&
           (text[end - 1] == '\n' || text[end - 1] == '\r' || text[end - 1] == ' '))
      --end;
    out.end = static_cast<std::uint32_t>(end);
    out.where = Location::of(source_, out.begin, out.end);
    return true;
  }

  bool alias(const Event& event, Node& out) {
    const std::string name(text_of(event.raw.data.alias.anchor));
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      failed_ = true;
      diagnostics_
          .error("E0113", place(event), fmt::format("'*{}' refers to no anchor above it", name))
          .hint("quote a value that begins with '*'; an anchor is written &" + name);
      return true;
    }
    nodes_ += count(found->second);
    if (nodes_ > kMaxNodes) {
      return too_much(event,
                      fmt::format("more than {} values once aliases are expanded", kMaxNodes));
    }
    out = found->second;
    return true;
  }

  static std::size_t count(const Node& node) {
    std::size_t total = 1;
    for (const Node& item : node.items) total += count(item);
    for (const Node::Entry& entry : node.entries) total += count(entry.value) + 1;
    return total;
  }

  SourceRef source_;
  Diagnostics& diagnostics_;
  std::size_t begin_;
  yaml_parser_t parser_{};
  std::vector<std::uint32_t> offsets_;
  std::map<std::string, Node> anchors_;
  std::size_t nodes_ = 0;
  bool failed_ = false;
};

}  // namespace

std::optional<Node> parse_yaml(SourceRef source, Diagnostics& diagnostics, std::size_t begin) {
  if (source->text().size() > kMaxConfigBytes) {
    diagnostics.error("E0114", Location::of(source, 0, 0),
                      fmt::format("the file is larger than {} bytes", kMaxConfigBytes));
    return std::nullopt;
  }
  if (!check_encoding(source, diagnostics)) return std::nullopt;
  Reader reader(std::move(source), diagnostics, begin);
  return reader.read();
}

}  // namespace pipeline
