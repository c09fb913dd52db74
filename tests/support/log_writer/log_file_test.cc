#include "tests/support/log_writer/log_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace log_writer {
namespace {

namespace fs = std::filesystem;

class LogFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "log_file_XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string content(const std::string& name) const {
    std::ifstream in(directory_ / name);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  bool exists(const std::string& name) const { return fs::exists(directory_ / name); }

  fs::path directory_;
};

TEST_F(LogFileTest, RotatesByRenameAndKeepsSoManyGenerations) {
  LogFile file(directory_, "f0");
  const RotationPlan plan{.kind = Rotation::rename, .keep = 2};
  for (const char* line : {"a\n", "b\n", "c\n"}) {
    ASSERT_TRUE(file.append(line, 0));
    ASSERT_TRUE(file.rotate(plan));
  }
  EXPECT_EQ(content("f0.log"), "");
  EXPECT_EQ(content("f0.log.1"), "c\n");
  EXPECT_EQ(content("f0.log.2"), "b\n");
  EXPECT_FALSE(exists("f0.log.3"));
}

TEST_F(LogFileTest, CopytruncateKeepsTheInode) {
  LogFile file(directory_, "f0");
  ASSERT_TRUE(file.append("a\n", 0));
  ASSERT_TRUE(file.rotate({.kind = Rotation::copytruncate, .keep = 1}));
  ASSERT_TRUE(file.append("b\n", 1));
  EXPECT_EQ(content("f0.log"), "b\n");
  EXPECT_EQ(content("f0.log.1"), "a\n");
}

TEST_F(LogFileTest, KeepNothingDeletesAtOnce) {
  LogFile file(directory_, "f0");
  ASSERT_TRUE(file.append("a\n", 0));
  ASSERT_TRUE(file.rotate({.kind = Rotation::rename, .keep = 0}));
  EXPECT_FALSE(exists("f0.log.1"));
  EXPECT_EQ(content("f0.log"), "");
}

}  // namespace
}  // namespace log_writer
