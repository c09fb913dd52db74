#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "pipeline/config/codes.h"
#include "pipeline/config/fake_files.h"
#include "pipeline/topology/read_plan.h"
#include "plugins/all_plugins.h"

// broken/NAME.yaml is a configuration that somebody might write, broken/NAME.txt what `sluice
// check` answers, to the letter. SLUICE_UPDATE_GOLDEN=1 writes the answers: read the difference
// before you commit it.
namespace {

using namespace pipeline;

constexpr const char* kFolder = "tests/topology/broken";
constexpr std::size_t kCasesMin = 50;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

// A machine that is always the same.
std::optional<Plan> read_on_a_fixed_machine(const std::string& name, const std::string& text,
                                            Diagnostics& diagnostics) {
  static const Registry registry = [] {
    Registry made;
    plugins::register_all(made);
    return made;
  }();
  static FakeFiles files;
  files.put("/var/run/secrets/tokens/loki", "hush\n", 0400);
  const std::map<std::string, std::string> variables = {{"LOKI_URL", "http://loki:3100"},
                                                        {"POD_NAME", "app-0"},
                                                        {"POD_NAMESPACE", "shop"},
                                                        {"EMPTY", ""}};
  Substitution substitution(
      [&](const std::string& variable) -> std::optional<std::string> {
        const auto at = variables.find(variable);
        return at != variables.end() ? std::optional(at->second) : std::nullopt;
      },
      files);
  DecodeContext context(diagnostics, substitution);
  const Loaded loaded = load_texts({std::make_shared<const SourceText>(name, text)}, diagnostics);
  ReadOptions options;
  options.host_name = "box";
  options.resources = {
      .memory_limit = 128ull << 20, .memory_total = 8ull << 30, .cpu_quota = 1.0, .cores = 8};
  options.is_complete = loaded.is_complete;
  return read_plan(loaded.root, registry, context, options);
}

class Broken : public testing::TestWithParam<std::string> {};

TEST_P(Broken, IsAnsweredToTheLetter) {
  const std::filesystem::path folder(kFolder);
  const std::string yaml = GetParam() + ".yaml";
  Diagnostics diagnostics;
  const auto plan = read_on_a_fixed_machine(yaml, read_text(folder / yaml), diagnostics);
  const std::string actual = diagnostics.to_text();
  EXPECT_FALSE(diagnostics.empty()) << "nothing is wrong with it";
  EXPECT_EQ(plan.has_value(), !diagnostics.has_errors());
  for (const Diagnostic& each : diagnostics.entries())
    EXPECT_NE(find_code(each.code), nullptr)
        << "`sluice explain " << each.code << "` knows nothing";
  const std::filesystem::path golden = folder / (GetParam() + ".txt");
  if (std::getenv("SLUICE_UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::ofstream(golden) << actual;
    return;
  }
  EXPECT_EQ(actual, read_text(golden)) << "SLUICE_UPDATE_GOLDEN=1 takes the new answer";
}

INSTANTIATE_TEST_SUITE_P(Configurations, Broken, testing::ValuesIn(case_names()),
                         [](const auto& tested) { return tested.param; });

TEST(BrokenConfigurations, AreMany) { EXPECT_GE(case_names().size(), kCasesMin); }

TEST(BrokenConfigurations, HaveNoAnswerWithoutAQuestion) {
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".txt") continue;
    EXPECT_TRUE(
        std::filesystem::exists(std::filesystem::path(entry.path()).replace_extension(".yaml")))
        << entry.path();
  }
}

TEST(Sidecar, HasNothingToComplainAbout) {
  Diagnostics diagnostics;
  const auto plan = read_on_a_fixed_machine("configs/sidecar.yaml",
                                            read_text("configs/sidecar.yaml"), diagnostics);
  EXPECT_EQ(diagnostics.to_text(), "");
  ASSERT_TRUE(plan);
  std::vector<std::string> ids;
  for (const Plan::Transform& each : plan->pipelines.at(0).transforms) ids.push_back(each.id);
  EXPECT_EQ(ids,
            (std::vector<std::string>{"pipeline/app/json", "pipeline/app/timestamp",
                                      "pipeline/app/drop", "pipeline/app/sample",
                                      "pipeline/app/labels", "pipeline/app/structured_metadata"}));
  EXPECT_EQ(plan->agent.labels, (std::vector<Label>{{"pod", "app-0"}, {"namespace", "shop"}}));
}

}  // namespace
