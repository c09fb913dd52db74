#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "pipeline/config/fake_files.h"
#include "pipeline/config/load.h"
#include "pipeline/config/test_components.h"

// testdata/broken.txt: what a user sees for each wrong configuration, to the letter.
//
//   === name
//   the configuration
//   ~~~
//   the diagnostics
//
// SLUICE_UPDATE_GOLDEN=1 rewrites the second halves: read the difference before you commit it.
namespace pipeline {
namespace {

constexpr const char* kPath = "pipeline/config/testdata/broken.txt";

struct Case {
  std::string name;
  std::string input;
  std::string expected;
};

std::vector<Case> read_cases() {
  std::ifstream in(kPath);
  std::vector<Case> cases;
  std::string line;
  bool expected = false;
  while (std::getline(in, line)) {
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), "", ""});
      expected = false;
    } else if (line == "~~~") {
      expected = true;
    } else if (!cases.empty()) {
      (expected ? cases.back().expected : cases.back().input) += line + "\n";
    }
  }
  return cases;
}

template <class Config>
void decode(const Schema<Config>& schema, std::string_view kind, const Node::Entry& entry,
            DecodeContext& context) {
  const auto scope =
      context.component(std::string(kind) + " '" + entry.key + "' (type " + schema.name() + ")",
                        {"type", "queue"}, entry.key_where, schema.name());
  Config config;
  (void)schema.decode(entry.value, config, context);
}

std::string diagnose(const std::string& text) {
  FakeFiles files;
  files.put("/run/token", "hush\n");
  files.put("/run/open", "hush\n", 0644);
  const auto variables = [](const std::string& name) -> std::optional<std::string> {
    if (name == "PORT") return "3100";
    if (name == "EMPTY") return "";
    if (name == "SECRET_WORD") return "swordfish";
    return std::nullopt;
  };
  Diagnostics diagnostics;
  Substitution substitution(variables, files);
  DecodeContext context(diagnostics, substitution);
  const auto source = std::make_shared<const SourceText>("a.yaml", text);
  const Loaded loaded = load_texts({source}, diagnostics);
  if (const Node* sources = loaded.root.find("sources")) {
    for (const auto& entry : sources->entries)
      decode(test::file_schema(), "source", entry, context);
  }
  if (const Node* sinks = loaded.root.find("sinks")) {
    for (const auto& entry : sinks->entries) decode(test::loki_schema(), "sink", entry, context);
  }
  if (const Node* groups = loaded.root.find("groups")) {
    for (const auto& entry : groups->entries)
      decode(test::sample_schema(), "transform", entry, context);
  }
  return diagnostics.to_text();
}

TEST(BrokenConfiguration, IsAnsweredToTheLetter) {
  auto cases = read_cases();
  ASSERT_GE(cases.size(), 50U);
  const bool update = std::getenv("SLUICE_UPDATE_GOLDEN") != nullptr;
  std::ostringstream out;
  for (const Case& one : cases) {
    const std::string actual = diagnose(one.input);
    if (!update) {
      EXPECT_EQ(actual, one.expected) << one.name << "\n" << one.input;
    }
    EXPECT_FALSE(actual.empty()) << one.name << " is not broken";
    out << "=== " << one.name << "\n" << one.input << "~~~\n" << actual;
  }
  if (update) std::ofstream(kPath) << out.str();
}

}  // namespace
}  // namespace pipeline
