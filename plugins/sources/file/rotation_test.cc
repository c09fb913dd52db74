// What rotation, truncation and removal do to files that are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <map>

#include "plugins/sources/file/source_harness.h"

namespace plugins::sources::file {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Acks = ScriptedOutput::Acks;

using RotationTest = FileSourceTest;

// How often each text came.
std::map<std::string, int> counts(const std::vector<std::string>& texts) {
  std::map<std::string, int> all;
  for (const std::string& text : texts) ++all[text];
  return all;
}

// Which of the numbers below `count` did not come once, and how often they came.
std::string missing(const std::vector<std::string>& texts, int count) {
  const std::map<std::string, int> all = counts(texts);
  std::string text;
  for (int i = 0; i < count; ++i) {
    const auto entry = all.find(fmt::format("{}", i));
    const int times = entry == all.end() ? 0 : entry->second;
    if (times != 1) text += fmt::format("{}: {} times\n", i, times);
  }
  return text;
}

TEST_F(RotationTest, ByRename) {
  append("a.log", "1\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  rename("a.log", "a.log.1");
  append("a.log.1", "2\n");
  append("a.log", "3\n");
  ASSERT_TRUE(eventually_count(3));
  EXPECT_THAT(output_.texts(), UnorderedElementsAre("1", "2", "3"));
  for (const Line& line : output_.lines()) EXPECT_EQ(line.path, path("a.log"));
  EXPECT_TRUE(eventually([&] { return metric("sluice_source_open_files") == 0; }));
  append("a.log.1", "late, after it was closed\n");
  ASSERT_TRUE(eventually_count(4));
}

TEST_F(RotationTest, UnderWritesLosesAndRepeatsNothing) {
  append("a.log", "0\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  int number = 1;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 20; ++i) append("a.log", fmt::format("{}\n", number++));
    for (int old = 4; old >= 1; --old)
      if (std::filesystem::exists(path(fmt::format("a.log.{}", old))))
        rename(fmt::format("a.log.{}", old), fmt::format("a.log.{}", old + 1));
    rename("a.log", "a.log.1");
    append("a.log.1", fmt::format("{}\n", number++));  // the writer still has it open
    // Otherwise generations would be removed before anybody could see them.
    if (round % 3 == 2) {
      ASSERT_TRUE(eventually_count(static_cast<std::size_t>(number))) << missing(output_.texts(), number);
    }
  }
  ASSERT_TRUE(eventually_count(static_cast<std::size_t>(number)));
  const auto all = counts(output_.texts());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(number));
  EXPECT_EQ(output_.count(), static_cast<std::size_t>(number));
}

TEST_F(RotationTest, ManyTimesWhileTheOutputIsBlocked) {
  append("a.log", "0\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  output_.block(true);
  int number = 1;
  for (int round = 0; round < 10; ++round) {
    append("a.log", fmt::format("{}\n", number++));
    const double files = metric("sluice_source_files");
    rename("a.log", fmt::format("a.log.{}", 100 - round));
    append("a.log", fmt::format("{}\n", number++));
    ASSERT_TRUE(eventually([&] { return metric("sluice_source_files") > files; }));
  }
  // Rotation removes the oldest; their descriptors are held.
  for (int round = 0; round < 10; ++round) remove(fmt::format("a.log.{}", 100 - round));
  output_.block(false);
  ASSERT_TRUE(eventually_count(static_cast<std::size_t>(number)));
  std::vector<int> order;
  for (const std::string& text : output_.texts()) order.push_back(std::stoi(text));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end())) << "the oldest is drained first";
  EXPECT_EQ(counts(output_.texts()).size(), static_cast<std::size_t>(number));
}

TEST_F(RotationTest, WhileTheAgentIsAwayToANameThatNoPatternMatches) {
  append("a.log", "1\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  stop();
  append("a.log", "2\n");
  rename("a.log", "a.log.3");
  append("a.log.2", "3\n");  // generations that nobody saw
  append("a.log.1", "4\n");
  append("a.log", "5\n");
  append("other.log.1", "not ours\n");
  start();
  ASSERT_TRUE(eventually_count(5));
  stop();
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2", "3", "4", "5"));
  start();
  append("a.log", "6\n");
  ASSERT_TRUE(eventually_count(6));
  EXPECT_EQ(output_.texts().back(), "6");
}

TEST_F(RotationTest, WhileTheAgentIsAwayToANameThatMatches) {
  config_.include = {path("*.log*")};
  append("a.log", "1\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  stop();
  append("a.log", "2\n");
  rename("a.log", "a.log.1");
  append("a.log", "3\n");
  start();
  ASSERT_TRUE(eventually_count(3));
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(output_.lines()[1].path, path("a.log"));
}

TEST_F(RotationTest, FilesThatWereRotatedBeforeTheFirstStartAreNotRead) {
  append("a.log.1", "old\n");
  std::filesystem::last_write_time(
      path("a.log.1"), std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1));
  append("a.log", "1\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  rename("a.log.1", "a.log.2");
  rename("a.log", "a.log.1");
  append("a.log", "2\n");
  ASSERT_TRUE(eventually_count(2));
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2"));
}

TEST_F(RotationTest, ByCopyAndTruncate) {
  append("a.log", "1\n2\n3\n");
  start();
  ASSERT_TRUE(eventually_count(3));
  std::filesystem::copy_file(path("a.log"), path("a.log.1"));
  truncate("a.log");
  append("a.log", "4\n");
  ASSERT_TRUE(eventually_count(4));
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2", "3", "4"));
  EXPECT_EQ(metric("sluice_source_truncations_total"), 1);
}

TEST_F(RotationTest, TruncatedAndGrownPastThePositionAgain) {
  append("a.log", "1\n2\n3\n");
  start();
  ASSERT_TRUE(eventually_count(3));
  ASSERT_TRUE(eventually([&] { return metric("sluice_source_open_files") == 0; }));
  std::ofstream(path("a.log"), std::ios::trunc) << "new 1\nnew 2\nnew 3\nnew 4\n";
  ASSERT_TRUE(eventually_count(7));
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2", "3", "new 1", "new 2", "new 3", "new 4"));
}

TEST_F(RotationTest, TruncatedWithTheSameHeadAndGrownPastThePositionAgain) {
  const std::string head(2000, '#');
  append("a.log", head + "\n1\n2\n3\n");
  start();
  ASSERT_TRUE(eventually_count(4));
  std::ofstream(path("a.log"), std::ios::trunc) << head << "\n4\n5\n6\n7\n8\n";
  ASSERT_TRUE(eventually_count(10));
  EXPECT_EQ(output_.texts()[5], "4");
  EXPECT_EQ(metric("sluice_source_truncations_total"), 1);
}

TEST_F(RotationTest, TruncatedAndGrownWhileTheAgentIsAway) {
  const std::string head(2000, '#');
  append("a.log", head + "\n1\n2\n");
  start();
  ASSERT_TRUE(eventually_count(3));
  stop();
  std::ofstream(path("a.log"), std::ios::trunc) << head << "\n4\n5\n6\n";
  start();
  ASSERT_TRUE(eventually_count(7));
  EXPECT_EQ(output_.texts()[4], "4");
  EXPECT_EQ(metric("sluice_source_truncations_total"), 1);
}

TEST_F(RotationTest, TheHoleThatATruncationLeavesIsSkipped) {
  append("a.log", "1\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  truncate("a.log");
  {
    std::ofstream writer(path("a.log"), std::ios::in | std::ios::out | std::ios::binary);
    writer.seekp(600'000);
    writer << "2\n";
  }
  ASSERT_TRUE(eventually_count(2));
  EXPECT_EQ(output_.texts()[1], "2");
  EXPECT_EQ(metric("sluice_source_stripped_nul_bytes_total"), 600'000);
}

TEST_F(RotationTest, ARemovedFileIsReadToItsEnd) {
  std::ofstream writer(path("a.log"));
  writer << "1\n" << std::flush;
  start();
  ASSERT_TRUE(eventually_count(1));
  output_.block(true);
  writer << "2\n" << std::flush;
  append("b.log", "x\n");
  remove("a.log");
  writer << "3\nopen" << std::flush;
  output_.block(false);
  ASSERT_TRUE(eventually_count(5));
  EXPECT_THAT(counts(output_.texts()).size(), 5u);
  EXPECT_TRUE(eventually([&] { return stored().count(path("a.log")) == 0; })) << "then forgotten";
}

TEST_F(RotationTest, AnInodeThatServesAnotherFileIsAnotherFile) {
  append("a.log", "1 of the first file\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  stop();
  // The same inode with other bytes is what a reused inode looks like.
  std::ofstream(path("a.log"), std::ios::trunc) << "2 of the second file, which is longer\n";
  start();
  ASSERT_TRUE(eventually_count(2));
  stop();
  EXPECT_NE(output_.lines()[0].identity, output_.lines()[1].identity);
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(RotationTest, RecordsInFlightOfATruncatedFileAreCountedWhenTheyFail) {
  output_.set_acks(Acks::hold);
  append("a.log", "1\n2\n");
  start();
  ASSERT_TRUE(eventually_count(2));
  truncate("a.log");
  append("a.log", "3\n");
  ASSERT_TRUE(eventually_count(3));
  output_.set_acks(Acks::deliver, pipeline::Outcome::failed);
  ASSERT_TRUE(eventually_count(4));
  EXPECT_EQ(output_.texts()[3], "3");
  EXPECT_EQ(metric("sluice_source_unrecoverable_records_total"), 2);
}

TEST_F(RotationTest, AFailureAfterTheFileWasRemovedIsReadAgain) {
  output_.set_acks(Acks::hold);
  append("a.log", "1\n2\n");
  start();
  ASSERT_TRUE(eventually_count(2));
  remove("a.log");
  append("b.log", "x\n");
  ASSERT_TRUE(eventually_count(3));
  output_.set_acks(Acks::deliver, pipeline::Outcome::failed);
  ASSERT_TRUE(eventually_count(6));
  EXPECT_THAT(counts(output_.texts()),
              UnorderedElementsAre(std::pair("1", 2), std::pair("2", 2), std::pair("x", 2)));
}

TEST_F(RotationTest, ARetargetedLinkIsANewFile) {
  append("first.txt", "1\n");
  append("second.txt", "2\n");
  std::filesystem::create_symlink(path("first.txt"), path("a.log"));
  start();
  ASSERT_TRUE(eventually_count(1));
  append("first.txt", "late\n");
  ASSERT_TRUE(eventually_count(2));
  std::filesystem::create_symlink(path("second.txt"), path("a.tmp"));
  rename("a.tmp", "a.log");
  ASSERT_TRUE(eventually_count(3));
  append("second.txt", "3\n");
  ASSERT_TRUE(eventually_count(4));
  EXPECT_THAT(output_.texts(), ElementsAre("1", "late", "2", "3"));
}

}  // namespace
}  // namespace plugins::sources::file
