#include "plugins/sources/file/glob.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "plugins/sources/file/walk.h"

namespace plugins::sources::file {
namespace {

TEST(Glob, MatchesPaths) {
  const struct {
    const char* pattern;
    const char* path;
    bool expected;
  } cases[] = {
      {"/var/log/app.log", "/var/log/app.log", true},
      {"/var/log/app.log", "/var/log/app.log.1", false},
      {"/var/log/*.log", "/var/log/a.log", true},
      {"/var/log/*.log", "/var/log/.log", true},
      {"/var/log/*.log", "/var/log/x/a.log", false},
      {"/var/log/*", "/var/log/a", true},
      {"/var/log/a*b*c", "/var/log/aXbYbZc", true},
      {"/var/log/a*b*c", "/var/log/aXbYbZ", false},
      {"/var/log/?.log", "/var/log/a.log", true},
      {"/var/log/?.log", "/var/log/ab.log", false},
      {"/var/log/[a-c]x", "/var/log/bx", true},
      {"/var/log/[a-c]x", "/var/log/dx", false},
      {"/var/log/[!a-c]x", "/var/log/dx", true},
      {"/var/log/[^a-c]x", "/var/log/ax", false},
      {"/var/log/[]a]x", "/var/log/]x", true},
      {"/var/log/[a-]x", "/var/log/-x", true},
      {"/var/**/a.log", "/var/a.log", true},
      {"/var/**/a.log", "/var/x/y/z/a.log", true},
      {"/var/**/a.log", "/var/x/y/z/b.log", false},
      {"/var/**", "/var/x/y", true},
      {"/var/**/x/**/a", "/var/1/x/2/3/a", true},
      {"/var/{a,b}/*.{log,txt}", "/var/b/x.txt", true},
      {"/var/{a,b}/*.{log,txt}", "/var/c/x.txt", false},
      {"/var/{a,b{1,2}}", "/var/b2", true},
      {"/var/{a,}x", "/var/x", true},
      {R"(/var/\*)", "/var/*", true},
      {R"(/var/\*)", "/var/a", false},
      {R"(/var/a\?*)", "/var/a?b", true},
      {R"(/var/a\?*)", "/var/axb", false},
      {"//var//log", "/var/log", true},
  };
  for (const auto& c : cases) {
    const auto glob = Glob::parse(c.pattern);
    ASSERT_TRUE(glob) << c.pattern << ": " << glob.error().message();
    EXPECT_EQ(glob->matches(c.path), c.expected) << c.pattern << " " << c.path;
  }
}

TEST(Glob, SaysWhatIsWrong) {
  const struct {
    const char* pattern;
    const char* message;
  } cases[] = {
      {"/var/{a,b", "pattern '/var/{a,b': '{' without '}'"},
      {"/var/[ab", "pattern '/var/[ab': '[' without ']'"},
      {"/var/a**", "pattern '/var/a**': '**' must stand alone between slashes"},
      {"/var/../x", "pattern '/var/../x': '..' cannot be part of a pattern"},
      {"/", "pattern '/': names no file"},
      {"/var/", "pattern '/var/': names a directory"},
  };
  for (const auto& c : cases) {
    const auto glob = Glob::parse(c.pattern);
    ASSERT_FALSE(glob) << c.pattern;
    EXPECT_EQ(glob.error().message(), c.message);
  }
}

TEST(PathFilter, ExcludesByPathAndByName) {
  const auto filter =
      PathFilter::make({"/var/log/**/*.log", "rel/*.txt"}, {"*.debug.log", "/var/log/x/**"}, "/here");
  ASSERT_TRUE(filter);
  EXPECT_TRUE(filter->includes("/var/log/a.log"));
  EXPECT_FALSE(filter->includes("/var/log/a.debug.log"));
  EXPECT_FALSE(filter->includes("/var/log/x/a.log"));
  EXPECT_TRUE(filter->includes("/here/rel/a.txt"));
}

class WalkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / "sluice_walk_XXXXXX";
    std::string name = root_.string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void touch(const std::string& name) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << "x";
  }
  void run(const std::string& pattern) {
    files_.clear();
    directories_.clear();
    const auto glob = Glob::parse((root_ / pattern).string());
    ASSERT_TRUE(glob);
    const auto relative = [this](const std::string& path) {
      return std::filesystem::path(path).lexically_relative(root_).string();
    };
    walk(fs_, *glob,
         {[&](const std::string& directory) { directories_.insert(relative(directory)); },
          [&](const std::string& path, const pipeline::FileStatus&) { files_.insert(relative(path)); },
          [](const std::string&, const pipeline::Error&) {}});
  }
  using Names = std::set<std::string>;

  pipeline::SystemFileSystem fs_;
  std::filesystem::path root_;
  Names files_;
  Names directories_;
};

TEST_F(WalkTest, FindsFilesAndTheDirectoriesToWatch) {
  for (const char* name : {"a/1.log", "a/1.txt", "b/c/2.log", "b/3.log", "4.log"}) touch(name);
  run("*.log");
  EXPECT_EQ(files_, (Names{"4.log"}));
  EXPECT_EQ(directories_, (Names{"."}));
  run("*/*.log");
  EXPECT_EQ(files_, (Names{"a/1.log", "b/3.log"}));
  EXPECT_EQ(directories_, (Names{".", "a", "b"}));
  run("**/*.log");
  EXPECT_EQ(files_, (Names{"4.log", "a/1.log", "b/3.log", "b/c/2.log"}));
  EXPECT_EQ(directories_, (Names{".", "a", "b", "b/c"}));
  run("b/**");
  EXPECT_EQ(files_, (Names{"b/3.log", "b/c/2.log"}));
  run("{a,b}/?.log");
  EXPECT_EQ(files_, (Names{"a/1.log", "b/3.log"}));
  run("nowhere/*.log");
  EXPECT_EQ(files_, (Names{}));
}

TEST_F(WalkTest, EndsWhereLinksLeadBack) {
  touch("a/1.log");
  std::filesystem::create_directory_symlink(root_, root_ / "a" / "loop");
  run("**/*.log");
  EXPECT_TRUE(files_.contains("a/1.log"));
  EXPECT_LE(files_.size(), 2u);
}

}  // namespace
}  // namespace plugins::sources::file
