#include "pipeline/config/diagnostics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "pipeline/config/codes.h"
#include "pipeline/config/yaml.h"

namespace pipeline {
namespace {

Node parse_json(const std::string& text) {
  Diagnostics diagnostics;
  auto node = parse_yaml(std::make_shared<const SourceText>("json", text), diagnostics);
  EXPECT_TRUE(node) << text << diagnostics.to_text();
  return node.value_or(Node{});
}

Diagnostics sample() {
  const auto source = std::make_shared<const SourceText>("a \"b\".yaml", "one: 1\ntwo: ä\n");
  Diagnostics diagnostics;
  diagnostics.warning("W-unused", Location::of(source, 7, 10), "nobody uses 'two'");
  diagnostics.error("E0102", Location::of(source, 0, 3), "unknown \x01 \"one\"")
      .hint("did you mean 'ten'?")
      .note(Location::of(source, 7, 10), "see here");
  diagnostics.error("E0112", {}, "opening /x: no such file");
  return diagnostics;
}

TEST(Diagnostics, AreOrderedByPlace) {
  const Diagnostics diagnostics = sample();
  EXPECT_EQ(diagnostics.error_count(), 2U);
  EXPECT_EQ(diagnostics.warning_count(), 1U);
  EXPECT_EQ(diagnostics.to_text(),
            "error[E0112]: opening /x: no such file\n"
            "a \"b\".yaml:1:1: error[E0102]: unknown \x01 \"one\"\n"
            "   1 | one: 1\n"
            "     | ^~~\n"
            "a \"b\".yaml:2:1: note: see here\n"
            "   2 | two: ä\n"
            "     | ^~~\n"
            "hint: did you mean 'ten'?\n"
            "a \"b\".yaml:2:1: warning[W-unused]: nobody uses 'two'\n"
            "   1 | one: 1\n"
            "   2 | two: ä\n"
            "     | ^~~\n");
}

TEST(Diagnostics, StrictMakesWarningsErrors) {
  Diagnostics diagnostics = sample();
  diagnostics.promote_warnings();
  EXPECT_EQ(diagnostics.error_count(), 3U);
  EXPECT_EQ(diagnostics.warning_count(), 0U);
}

TEST(Diagnostics, ColourOnlyWhenAsked) {
  EXPECT_EQ(sample().to_text(false).find('\x1B'), std::string::npos);
  EXPECT_NE(sample().to_text(true).find("\x1B[31;1merror[E0102]:\x1B[0m"), std::string::npos);
}

TEST(Diagnostics, TheSameProblemIsToldOnce) {
  const auto source = std::make_shared<const SourceText>("a", "x\n");
  Diagnostics diagnostics;
  for (int i = 0; i < 3; ++i) diagnostics.error("E0104", Location::of(source, 0, 1), "same");
  EXPECT_EQ(diagnostics.sorted().size(), 1U);
}

TEST(Diagnostics, AMaskedRangeIsNeverQuoted) {
  const auto source = std::make_shared<const SourceText>("a", "p: ünsafe, q: 1\n");
  Diagnostics diagnostics;
  diagnostics.mask(Location::of(source, 3, 10));
  diagnostics.error("E0102", Location::of(source, 12, 13), "unknown");
  EXPECT_THAT(diagnostics.to_text(),
              testing::HasSubstr("1 | p: ******, q: 1\n     |            ^\n"));
}

TEST(Diagnostics, JsonHoldsEverything) {
  const Node json = parse_json(sample().to_json());
  EXPECT_EQ(json.find("errors")->text, "2");
  EXPECT_EQ(json.find("warnings")->text, "1");
  const Node& second = json.find("diagnostics")->items.at(1);
  EXPECT_EQ(second.find("severity")->text, "error");
  EXPECT_EQ(second.find("code")->text, "E0102");
  EXPECT_EQ(second.find("file")->text, "a \"b\".yaml");
  EXPECT_EQ(second.find("line")->text, "1");
  EXPECT_EQ(second.find("message")->text, "unknown \x01 \"one\"");
  EXPECT_EQ(second.find("hints")->items.at(0).text, "did you mean 'ten'?");
  EXPECT_EQ(second.find("notes")->items.at(0).find("line")->text, "2");
}

TEST(Diagnostics, SarifNamesRuleAndRegion) {
  const Node sarif = parse_json(sample().to_sarif());
  EXPECT_EQ(sarif.find("version")->text, "2.1.0");
  EXPECT_EQ(find_path(sarif, "runs[0].tool.driver.rules[1].id")->text, "E0102");
  EXPECT_EQ(find_path(sarif, "runs[0].results[1].ruleIndex")->text, "1");
  EXPECT_EQ(
      find_path(sarif, "runs[0].results[1].locations[0].physicalLocation.region.endColumn")->text,
      "4");
  EXPECT_EQ(find_path(sarif, "runs[0].results[0].locations"), nullptr);
}

TEST(Codes, EveryRowIsComplete) {
  std::set<std::string_view> seen;
  for (const CodeInfo* info : all_codes()) {
    EXPECT_TRUE(seen.insert(info->code).second) << info->code << " is there twice";
    EXPECT_FALSE(info->title.empty()) << info->code;
    EXPECT_FALSE(info->title.ends_with('.')) << info->code;
    EXPECT_TRUE(info->explanation.ends_with('.')) << info->code;
    EXPECT_FALSE(info->wrong.empty()) << info->code;
    EXPECT_FALSE(info->right.empty()) << info->code;
    EXPECT_NE(info->wrong, info->right) << info->code;
  }
  EXPECT_EQ(find_code("E0102")->code, "E0102");
  EXPECT_EQ(find_code("E9999"), nullptr);
}

TEST(Codes, EveryCodeInTheSourcesIsInTheCatalogue) {
  const std::regex code(R"re("(E0[0-9]{3}|W-[a-z-]+)")re");
  std::size_t found = 0;
  for (const char* root : {"pipeline", "plugins"}) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
      const std::string path = file.path().string();
      if ((!path.ends_with(".cc") && !path.ends_with(".h")) || path.ends_with("_test.cc")) continue;
      std::ifstream in(path);
      std::ostringstream text;
      text << in.rdbuf();
      const std::string content = text.str();
      for (std::sregex_iterator it(content.begin(), content.end(), code), end; it != end; ++it) {
        ++found;
        EXPECT_NE(find_code((*it)[1].str()), nullptr) << (*it)[1].str() << " in " << path;
      }
    }
  }
  EXPECT_GT(found, 30U);
}

}  // namespace
}  // namespace pipeline
