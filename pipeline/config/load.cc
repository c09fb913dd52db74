#include "pipeline/config/load.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "pipeline/config/foreign_words.h"
#include "pipeline/config/nearest.h"
#include "pipeline/config/overlay.h"
#include "pipeline/config/substitution.h"
#include "pipeline/config/yaml.h"

namespace pipeline {
namespace {

// What a top-level key holds, and how several files add up.
struct Section {
  std::string_view key;
  std::string_view wanted;
  NodeKind kind;
  std::string_view component;  // what one entry is called
};

constexpr Section kSections[] = {
    {"version", "a number", NodeKind::scalar, ""},
    {"agent", "a map of options", NodeKind::mapping, "agent option"},
    {"sources", "a map from names to sources", NodeKind::mapping, "source"},
    {"pipelines", "a map from names to pipelines", NodeKind::mapping, "pipeline"},
    {"sinks", "a map from names to sinks", NodeKind::mapping, "sink"},
    {"groups", "a map from names to lists of transforms", NodeKind::mapping, "group"},
    {"tests", "a list of tests", NodeKind::sequence, "test"},
};

const Section* section_of(std::string_view key) {
  const auto found = std::ranges::find(kSections, key, &Section::key);
  return found == std::end(kSections) ? nullptr : found;
}

class Merge {
 public:
  explicit Merge(Diagnostics& diagnostics) : diagnostics_(diagnostics) {
    loaded_.root.kind = NodeKind::mapping;
  }

  void add(const SourceRef& source) {
    loaded_.files.push_back(source->name());
    auto tree = parse_document(source);
    if (!tree) return;
    if (!loaded_.root.where) loaded_.root.where = tree->where;
    for (Node::Entry& entry : tree->entries) add(std::move(entry));
  }

  void overlay(const SourceRef& source) {
    loaded_.files.push_back(source->name());
    if (const auto tree = parse_document(source)) apply_overlay(loaded_.root, *tree);
  }

  void set(const std::string& argument) {
    if (!apply_set(loaded_.root, argument, diagnostics_)) loaded_.is_complete = false;
  }

  void incomplete() { loaded_.is_complete = false; }

  Loaded finish() {
    check_sections();
    return std::move(loaded_);
  }

 private:
  // The file's map; an empty file is an empty map.
  std::optional<Node> parse_document(const SourceRef& source) {
    auto tree = parse_yaml(source, diagnostics_);
    if (tree && tree->is_null()) tree->kind = NodeKind::mapping;
    if (tree && tree->is_mapping()) return tree;
    if (tree) {
      auto& entry = diagnostics_.error(
          "E0103", tree->where, fmt::format("the file holds {}, not a map", name_of(tree->kind)));
      entry.hint(tree->is_scalar() && tree->text.find(':') != std::string::npos
                     ? "a ':' needs a space behind it"
                     : "a configuration has the keys agent, sources, pipelines and sinks");
    }
    loaded_.is_complete = false;
    return std::nullopt;
  }

  void add(Node::Entry entry) {
    Node::Entry* old = loaded_.root.entry(entry.key);
    const Section* section = section_of(entry.key);
    if (old == nullptr || old->value.is_null()) {
      if (old != nullptr)
        *old = std::move(entry);
      else
        loaded_.root.entries.push_back(std::move(entry));
      return;
    }
    if (entry.value.is_null()) return;
    if (section != nullptr && section->kind == NodeKind::sequence && old->value.is_sequence() &&
        entry.value.is_sequence()) {
      std::ranges::move(entry.value.items, std::back_inserter(old->value.items));
    } else if (section != nullptr && old->value.is_mapping() && entry.value.is_mapping()) {
      add_components(*section, old->value, std::move(entry.value));
    } else if (!(entry.key == "version" && entry.value.text == old->value.text)) {
      twice(fmt::format("'{}'", entry.key), entry.key_where, old->key_where);
    }
  }

  void add_components(const Section& section, Node& into, Node from) {
    for (Node::Entry& component : from.entries) {
      const Node::Entry* old = into.entry(component.key);
      if (old != nullptr) {
        twice(fmt::format("{} '{}'", section.component, component.key), component.key_where,
              old->key_where);
      } else {
        into.entries.push_back(std::move(component));
      }
    }
  }

  void twice(std::string_view what, const Location& where, const Location& first) {
    diagnostics_.error("E0107", where, fmt::format("{} is defined in two files", what))
        .note(first, "the first definition")
        .hint("to change it from another file, use --overlay");
  }

  void check_sections() {
    std::vector<std::string> names;
    for (const Section& section : kSections) names.emplace_back(section.key);
    auto& entries = loaded_.root.entries;
    std::erase_if(entries, [](const Node::Entry& entry) { return entry.key.starts_with("x-"); });
    for (const Node::Entry& entry : entries) {
      const Section* section = section_of(entry.key);
      if (section == nullptr) {
        auto& error = diagnostics_.error(
            "E0102", entry.key_where,
            fmt::format("unknown key '{}' at the top of the configuration", entry.key));
        const auto meant = nearest(entry.key, names);
        if (const auto foreign = foreign_word_hint(entry.key, KeyPlace::top_level)) {
          error.hint(std::string(*foreign));
        } else if (meant) {
          error.hint(did_you_mean(*meant));
        } else {
          error.hint(
              "top-level keys are agent, sources, pipelines, sinks, groups and tests; keys that "
              "begin with x- are yours");
        }
      } else if (!entry.value.is_null() && entry.value.kind != section->kind) {
        diagnostics_.error("E0103", entry.value.where,
                           fmt::format("'{}' takes {}, not {}", entry.key, section->wanted,
                                       name_of(entry.value.kind)));
      } else if (entry.key == "version" && entry.value.text != "1") {
        diagnostics_
            .error("E0116", entry.value.where,
                   fmt::format("version {} of the configuration is not known", entry.value.text))
            .hint("this program reads version 1");
      }
    }
    // Unknown and misshapen ones have been told: nobody else has to look at them.
    std::erase_if(entries, [&](const Node::Entry& entry) {
      const Section* section = section_of(entry.key);
      const bool misshapen =
          section == nullptr || (!entry.value.is_null() && entry.value.kind != section->kind);
      if (misshapen) loaded_.is_complete = false;
      return misshapen || entry.key == "version" || entry.value.is_null();
    });
  }

  Diagnostics& diagnostics_;
  Loaded loaded_;
};

SourceRef read(FileSystem& files, const std::string& path, Diagnostics& diagnostics) {
  auto text = read_text_file(files, path, kMaxConfigBytes);
  if (text) return std::make_shared<const SourceText>(path, std::move(*text));
  diagnostics.error("E0112", {}, text.error().message());
  return nullptr;
}

// The files that a path stands for.
std::optional<std::vector<std::string>> expand(FileSystem& files, const std::string& path,
                                               Diagnostics& diagnostics) {
  const auto status = files.status(path);
  if (!status) {
    diagnostics.error("E0112", {}, status.error().message());
    return std::nullopt;
  }
  if (status->kind != FileKind::directory) return std::vector<std::string>{path};
  auto names = files.list(path);
  if (!names) {
    diagnostics.error("E0112", {}, names.error().message());
    return std::nullopt;
  }
  std::ranges::sort(*names);
  std::vector<std::string> found;
  for (const std::string& name : *names) {
    if (name.starts_with('.') || !(name.ends_with(".yaml") || name.ends_with(".yml"))) continue;
    std::string full = path.ends_with('/') ? path + name : path + "/" + name;
    const auto entry = files.status(full);
    if (entry && entry->kind == FileKind::directory) continue;
    found.push_back(std::move(full));
  }
  if (found.empty()) {
    diagnostics.error("E0112", {}, fmt::format("there is no *.yaml or *.yml in {}", path));
    return std::nullopt;
  }
  return found;
}

}  // namespace

Loaded load(const LoadOptions& options, FileSystem& files, Diagnostics& diagnostics) {
  Merge merge(diagnostics);
  for (const std::string& path : options.paths) {
    const auto found = expand(files, path, diagnostics);
    if (!found) merge.incomplete();
    for (const std::string& file : found.value_or(std::vector<std::string>())) {
      if (const SourceRef source = read(files, file, diagnostics))
        merge.add(source);
      else
        merge.incomplete();
    }
  }
  for (const std::string& path : options.overlays) {
    if (const SourceRef source = read(files, path, diagnostics))
      merge.overlay(source);
    else
      merge.incomplete();
  }
  for (const std::string& argument : options.sets) merge.set(argument);
  return merge.finish();
}

Loaded load_texts(const std::vector<SourceRef>& texts, Diagnostics& diagnostics) {
  Merge merge(diagnostics);
  for (const SourceRef& text : texts) merge.add(text);
  return merge.finish();
}

}  // namespace pipeline
