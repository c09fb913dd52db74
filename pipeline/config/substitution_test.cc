#include "pipeline/config/substitution.h"

#include <gtest/gtest.h>

#include <string>

#include "pipeline/config/fake_files.h"
#include "pipeline/config/secret.h"

namespace pipeline {
namespace {

std::optional<std::string> variable(const std::string& name) {
  if (name == "A") return "a";
  if (name == "EMPTY") return "";
  if (name == "YAML") return "[x]: {y} ${A}";
  return std::nullopt;
}

TEST(Substitution, ReplacesOnceAndOnlyReferences) {
  FakeFiles files;
  files.put("/f", "from file\n");
  files.put("/two", "x\n\n");
  Substitution substitution(variable, files);
  const std::pair<const char*, const char*> cases[] = {{"plain", "plain"},
                                                       {"${A}", "a"},
                                                       {"x${A}y${A}", "xaya"},
                                                       {"${EMPTY}", ""},
                                                       {"${NONE:-d}", "d"},
                                                       {"${EMPTY:-d}", "d"},
                                                       {"${A:-d}", "a"},
                                                       {"${NONE:-}", ""},
                                                       {"${A:?m}", "a"},
                                                       {"$${A}", "${A}"},
                                                       {"$${A}${A}", "${A}a"},
                                                       {"${1}", "${1}"},
                                                       {"${}", "${}"},
                                                       {"$A", "$A"},
                                                       {"$", "$"},
                                                       {"${", "${"},
                                                       {"${YAML}", "[x]: {y} ${A}"},
                                                       {"${file:/f}", "from file"},
                                                       {"a ${file:/two}b", "a x\nb"},
                                                       {"{name} ${A}", "{name} a"},
                                                       {"${NONE:-http://h:1/?q}", "http://h:1/?q"}};
  for (const auto& [text, expected] : cases) {
    Diagnostics diagnostics;
    const auto used = substitution.apply(Node::scalar(text), diagnostics);
    ASSERT_TRUE(used) << text << diagnostics.to_text();
    EXPECT_EQ(used->text, expected) << text;
  }
}

TEST(Substitution, MistakesAreReportedOnceEach) {
  FakeFiles files;
  Substitution substitution(variable, files);
  const std::pair<const char*, std::size_t> cases[] = {
      {"${NONE} ${ALSO}", 2}, {"${EMPTY:?m}", 1}, {"${A", 1},
      {"${A:+x}", 1},         {"${A.b}", 1},      {"${file:/none}", 1}};
  for (const auto& [text, errors] : cases) {
    Diagnostics diagnostics;
    EXPECT_FALSE(substitution.apply(Node::scalar(text), diagnostics)) << text;
    EXPECT_EQ(diagnostics.error_count(), errors) << text;
  }
}

TEST(Substitution, PlaceholdersPassForWhatTheNamePromises) {
  FakeFiles files;
  Substitution substitution(variable, files);
  substitution.set_static_mode(true);
  Diagnostics diagnostics;
  EXPECT_EQ(substitution.apply(Node::scalar("${LOKI_URL}/x"), diagnostics)->text,
            "http://placeholder.invalid/x");
  EXPECT_EQ(substitution.apply(Node::scalar("h:${PORT} ${A} ${PORT}"), diagnostics)->text,
            "h:1 a 1");
  EXPECT_TRUE(diagnostics.empty());
  EXPECT_EQ(substitution.unset().size(), 2U);
}

TEST(Secret, IsReadAgainWhenItsFileChanges) {
  FakeFiles files;
  files.put("/t", "one\n");
  const Secret secret = Secret::from_file("/t", files);
  const Secret copy = secret;
  EXPECT_EQ(secret.reveal(), "one");
  const int before = files.opened;
  EXPECT_EQ(copy.reveal(), "one");
  EXPECT_EQ(files.opened, before);
  files.put("/t", "two\r\n");
  EXPECT_EQ(copy.reveal(), "two");
}

TEST(Secret, KeepsItsValueWhileTheFileIsGone) {
  FakeFiles files;
  files.put("/t", "one");
  const Secret secret = Secret::from_file("/t", files);
  ASSERT_TRUE(secret.refresh());
  files.entries.clear();
  EXPECT_EQ(secret.reveal(), "one");
  EXPECT_FALSE(secret.refresh());
  EXPECT_EQ(secret.reveal(), "one");
}

TEST(Secret, RefreshReadsWhateverTheTimeSays) {
  FakeFiles files;
  files.put("/t", "one");
  const Secret secret = Secret::from_file("/t", files);
  EXPECT_EQ(secret.reveal(), "one");
  files.entries["/t"].text = "two";  // same time, size and inode
  EXPECT_EQ(secret.reveal(), "one");
  ASSERT_TRUE(secret.refresh());
  EXPECT_EQ(secret.reveal(), "two");
}

TEST(Secret, ALiteralNeedsNoFile) {
  const Secret secret("word");
  EXPECT_EQ(secret.reveal(), "word");
  EXPECT_TRUE(secret.refresh());
  EXPECT_FALSE(secret.is_file());
  EXPECT_TRUE(Secret().empty());
}

}  // namespace
}  // namespace pipeline
