#include "tests/conformance/plugin_case.h"

namespace {

using namespace conformance;

// A configuration in a page: a fenced block of YAML that is complete.
struct Block {
  std::string place;  // "docs/loki.md:5"
  std::string text;
};

bool is_configuration(const std::string& text) {
  const auto has = [&text](const std::string& key) {
    return text.starts_with(key) || text.find("\n" + key) != std::string::npos;
  };
  return has("sources:") && has("pipelines:") && has("sinks:");
}

std::vector<Block> blocks() {
  std::vector<Block> found;
  for (const auto& entry : std::filesystem::directory_iterator("docs")) {
    if (entry.path().extension() != ".md") continue;
    std::istringstream lines(read_text(entry.path()));
    Block block;
    bool is_inside = false;
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (!is_inside && line == "```yaml") {
        is_inside = true;
        block = {.place = entry.path().string() + ":" + std::to_string(number), .text = {}};
      } else if (is_inside && line == "```") {
        is_inside = false;
        if (is_configuration(block.text)) found.push_back(block);
      } else if (is_inside) {
        block.text += line + '\n';
      }
    }
  }
  return found;
}

TEST(Documents, ShowOnlyConfigurationsThatAreRight) {
  const auto all = blocks();
  EXPECT_GE(all.size(), 5u) << "the pages have examples";
  for (const Block& block : all) {
    const Read read = read_text_as_plan(block.place, block.text);
    EXPECT_TRUE(read.plan) << block.place << '\n' << read.diagnostics.to_text();
    // An example may show what a warning is about; it must be of that kind.
    for (const Diagnostic& each : read.diagnostics.entries())
      EXPECT_EQ(each.code, "W-coupled") << block.place << '\n' << read.diagnostics.to_text();
  }
}

TEST(Documents, LinkOnlyToWhatIsThere) {
  const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
  for (const auto& entry : std::filesystem::recursive_directory_iterator("docs")) {
    if (entry.path().extension() != ".md") continue;
    const std::string text = read_text(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at)
      EXPECT_TRUE(std::filesystem::exists(entry.path().parent_path() / (*at)[1].str()))
          << entry.path() << " links to " << (*at)[1];
  }
}

}  // namespace
