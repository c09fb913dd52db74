#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "pipeline/app/command.h"
#include "pipeline/app/documents.h"
#include "pipeline/app/plural.h"
#include "pipeline/app/write_file.h"
#include "pipeline/base/fs.h"
#include "pipeline/config/substitution.h"

namespace pipeline {
namespace {

struct DocsOptions {
  std::string write;
  std::string check;
};

int docs(const DocsOptions& options, const Registry& registry, FileSystem& files) {
  if (options.write.empty() == options.check.empty()) {
    fmt::print(stderr, "give either --write DIR or --check DIR: the root of a checkout\n");
    return 2;
  }
  const bool writes = !options.write.empty();
  const std::string& root = writes ? options.write : options.check;
  std::vector<std::string> problems;
  std::size_t changed = 0;
  for (const Document& document : generated_documents(registry, files, root, problems)) {
    const std::string path = root + "/" + document.path;
    const Result<std::string> now = read_text_file(files, path, document.text.size() + 1);
    if (now && *now == document.text) continue;
    ++changed;
    if (!writes) {
      problems.push_back(document.path + ": not what the schema says");
    } else if (Result<> written = write_file(files, path, document.text); !written) {
      problems.push_back(fmt::format("{}: {}", document.path, written.error().message()));
    } else {
      fmt::print("{}\n", document.path);
    }
  }
  for (const std::string& problem : problems) fmt::print(stderr, "{}\n", problem);
  if (!problems.empty()) {
    if (!writes) fmt::print(stderr, "`make docs` writes what is generated\n");
    return 1;
  }
  fmt::print("{}\n", writes ? plural(changed, "file") + " changed"
                            : std::string("the documents are current"));
  return 0;
}

}  // namespace

void add_docs(CommandLine line) {
  CLI::App* command = line.app.add_subcommand(
      "docs", "Write or check the generated documents of a checkout (for developers)");
  auto options = std::make_shared<DocsOptions>();
  command->add_option("--write", options->write, "Write those that are out of date")
      ->type_name("DIR");
  command->add_option("--check", options->check, "Say which are out of date; exit code 1 if any is")
      ->type_name("DIR");
  command->callback(
      [options, line] { line.exit_code = docs(*options, line.registry, line.files); });
}

}  // namespace pipeline
