#include <fmt/format.h>

#include <algorithm>

#include "pipeline/app/documents.h"
#include "pipeline/app/plugin_list.h"
#include "pipeline/base/fs.h"
#include "pipeline/config/codes.h"
#include "pipeline/config/substitution.h"
#include "pipeline/topology/read_agent.h"

namespace pipeline {
namespace {

constexpr std::string_view kBegin = "<!-- options -->";
constexpr std::string_view kEnd = "<!-- /options -->";
constexpr std::string_view kGenerated =
    "<!-- Written by `make docs`; changes by hand are lost. -->\n\n";
// A README is prose: this is far above any.
constexpr std::size_t kMaxDocumentBytes = std::size_t{1} << 20;

std::string table_of(const SchemaView& schema) {
  const std::string table = markdown_table(schema);
  return table.empty() ? std::string("It has no options.\n") : table;
}

std::string folder_of(const Registry::Plugin& plugin) {
  return fmt::format("plugins/{}s/{}", plugin.kind, plugin.name);
}

std::string names_text(const Registry& registry, const Registry::Plugin& plugin) {
  if (plugin.kind != "source") return {};
  std::string names;
  for (const std::string& name : registry.source(plugin.name)->traits.names)
    names += fmt::format("{}`${}{}`", names.empty() ? "" : ", ", name,
                         name.ends_with('.') ? "NAME" : "");
  return names.empty() ? names : "Names of its records: " + names + ".\n\n";
}

std::string plugins_page(const Registry& registry) {
  const auto plugins = plugins_by_kind(registry);
  std::string out = "# Plugins\n\n";
  out += kGenerated;
  out +=
      "`sluice explain NAME` prints the same. Every transform also takes `when: EXPRESSION` and "
      "`name: NAME`.\n\n| Kind | Name | |\n|---|---|---|\n";
  for (const Registry::Plugin* plugin : plugins)
    out += fmt::format("| {0} | [{1}](#{1}-{0}) | {2} |\n", plugin->kind, plugin->name,
                       plugin->schema->summary);
  for (const Registry::Plugin* plugin : plugins)
    out += fmt::format("\n## {} ({})\n\n{} [More](../../{}/README.md).\n\n{}{}", plugin->name,
                       plugin->kind, plugin->schema->summary, folder_of(*plugin),
                       names_text(registry, *plugin), table_of(*plugin->schema));
  return out;
}

std::string agent_page() {
  std::string out = "# The agent's options\n\n";
  out += kGenerated;
  out +=
      "The map under `agent:`. All of it may be left out.\n\n" + table_of(*agent_schema().view());
  out +=
      "\n`data_dir`, `listen`, `admin` and `memory` are read at the start only: a reload that "
      "changes one is refused.\n";
  return out;
}

std::string diagnostics_page() {
  std::string out = "# Diagnostics\n\n";
  out += kGenerated;
  out +=
      "What `sluice check` and `sluice run` report. `sluice explain CODE` prints the same. E… are "
      "errors, W-… are warnings (`--strict` makes them errors).\n";
  for (const CodeInfo* code : all_codes()) {
    out += fmt::format("\n## {}: {}\n\n{}\n", code->code, code->title, code->explanation);
    if (!code->wrong.empty()) out += fmt::format("\nWrong:\n```yaml\n{}\n```\n", code->wrong);
    if (!code->right.empty()) out += fmt::format("Right:\n```yaml\n{}\n```\n", code->right);
  }
  return out;
}

}  // namespace

Result<std::string> with_option_table(std::string_view text, std::string_view table) {
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = begin == std::string_view::npos ? begin : text.find(kEnd, begin);
  if (end == std::string_view::npos)
    return failure(
        Errc::not_found,
        fmt::format("it has no `{}` and `{}`, between which the option table goes", kBegin, kEnd));
  std::string out(text.substr(0, begin + kBegin.size()));
  out += '\n';
  out += table;
  out += text.substr(end);
  return out;
}

std::vector<Document> generated_documents(const Registry& registry, FileSystem& files,
                                          const std::string& root,
                                          std::vector<std::string>& problems) {
  std::vector<Document> documents;
  for (const Registry::Plugin* plugin : plugins_by_kind(registry)) {
    const std::string path = folder_of(*plugin) + "/README.md";
    const Result<std::string> text = read_text_file(files, root + "/" + path, kMaxDocumentBytes);
    if (!text) {
      problems.push_back(fmt::format("{}: {}", path, text.error().message()));
      continue;
    }
    Result<std::string> made = with_option_table(*text, table_of(*plugin->schema));
    if (!made) {
      problems.push_back(fmt::format("{}: {}", path, made.error().message()));
      continue;
    }
    documents.push_back({path, std::move(*made)});
  }
  documents.push_back({"docs/reference/plugins.md", plugins_page(registry)});
  documents.push_back({"docs/reference/agent.md", agent_page()});
  documents.push_back({"docs/reference/diagnostics.md", diagnostics_page()});
  return documents;
}

}  // namespace pipeline
