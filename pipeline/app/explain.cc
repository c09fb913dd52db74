#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <memory>

#include "pipeline/app/command.h"
#include "pipeline/app/option_text.h"
#include "pipeline/app/plugin_list.h"
#include "pipeline/config/codes.h"
#include "pipeline/config/nearest.h"

namespace pipeline {
namespace {

std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (!line.empty()) out.append(indent).append(line);
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void print_code(const CodeInfo& code) {
  fmt::print("{}: {}\n\n{}", code.code, code.title, wrapped(code.explanation, 0));
  if (!code.wrong.empty()) fmt::print("\nwrong\n{}", indented(code.wrong, "  "));
  if (!code.right.empty()) fmt::print("\nright\n{}", indented(code.right, "  "));
}

// What a plugin's records are known by: only sources have names of their own.
std::vector<std::string> names_of(const Registry& registry, const Registry::Plugin& plugin) {
  std::vector<std::string> names;
  if (plugin.kind != "source") return names;
  for (const std::string& name : registry.source(plugin.name)->traits.names)
    names.push_back("$" + name + (name.ends_with('.') ? "NAME" : ""));
  return names;
}

void print_plugin(const Registry& registry, const Registry::Plugin& plugin) {
  fmt::print("{} ({})\n{}", plugin.name, plugin.kind, wrapped(plugin.schema->summary, 0));
  if (plugin.schema->options.empty()) {
    fmt::print("\nIt has no options.\n");
  } else {
    fmt::print("\noptions\n{}", option_text(*plugin.schema));
  }
  if (plugin.kind == "transform")
    fmt::print("\nEvery transform also takes `when: EXPRESSION` and `name: NAME`.\n");
  if (const auto names = names_of(registry, plugin); !names.empty())
    fmt::print("\nnames of its records\n  {}\n", fmt::join(names, " "));
  if (const std::string_view example = plugin_example(plugin.kind, plugin.name); !example.empty())
    fmt::print("\nexample\n{}", indented(example, "  "));
}

void print_list(const Registry& registry) {
  for (const Registry::Plugin* plugin : plugins_by_kind(registry))
    fmt::print("{:<10} {:<20} {}\n", plugin->kind, plugin->name, plugin->schema->summary);
  for (const CodeInfo* code : all_codes())
    fmt::print("{:<10} {:<20} {}\n", "code", code->code, code->title);
}

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// `file` is a source and a sink: both are shown. `sink/file` is one of them.
int explain(const std::string& what, const Registry& registry) {
  if (what == "list") {
    print_list(registry);
    return 0;
  }
  for (const std::string& code : {what, upper_case(what), "W-" + what}) {
    if (const CodeInfo* found = find_code(code)) {
      print_code(*found);
      return 0;
    }
  }
  std::vector<std::string> known;
  bool is_first = true;
  for (const Registry::Plugin* plugin : plugins_by_kind(registry)) {
    known.push_back(plugin->name);
    if (plugin->name != what && plugin->kind + "/" + plugin->name != what) continue;
    if (!is_first) fmt::print("\n");
    is_first = false;
    print_plugin(registry, *plugin);
  }
  if (!is_first) return 0;
  for (const CodeInfo* code : all_codes()) known.emplace_back(code->code);
  fmt::print(stderr, "there is no plugin or code '{}'", what);
  if (const auto near = nearest(what, known)) fmt::print(stderr, "; {}", did_you_mean(*near));
  fmt::print(stderr, "\n`sluice explain list` shows all of them\n");
  return 2;
}

}  // namespace

void add_explain(CommandLine line) {
  CLI::App* command = line.app.add_subcommand(
      "explain", "Explain a plugin with its options, or a diagnostic's code");
  auto what = std::make_shared<std::string>();
  command->add_option("WHAT", *what, "A plugin, a code such as E0102, or `list`")->required();
  command->callback([what, line] { line.exit_code = explain(*what, line.registry); });
}

}  // namespace pipeline
