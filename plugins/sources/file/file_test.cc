// Reading: what becomes of lines, positions, times and acks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>
#include <unistd.h>

#include "plugins/sources/file/source_harness.h"

namespace plugins::sources::file {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Acks = ScriptedOutput::Acks;

using FileTest = FileSourceTest;

std::set<std::string> distinct(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

TEST_F(FileTest, ReadsWhatIsThereAndWhatComes) {
  append("a.log", "1\n2\n");
  start();
  ASSERT_TRUE(eventually_count(2));
  append("a.log", "3\n");
  ASSERT_TRUE(eventually_count(3));
  append("b.log", "4\n");
  append("b.txt", "no\n");
  ASSERT_TRUE(eventually_count(4));
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2", "3", "4"));
  EXPECT_EQ(output_.lines()[3].path, path("b.log"));
  EXPECT_TRUE(eventually([&] { return stored()[path("a.log")] == 6; }));
}

TEST_F(FileTest, ContinuesWhereItWas) {
  append("a.log", "1\n2\n");
  start();
  ASSERT_TRUE(eventually_count(2));
  stop();
  append("a.log", "3\n");
  start();
  ASSERT_TRUE(eventually_count(3));
  stop();
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(output_.lines()[0].identity, output_.lines()[2].identity);
}

TEST_F(FileTest, AnIncompleteLineWaitsAndIsTakenWhenItsWriterRests) {
  config_.idle_flush = std::chrono::hours(1);
  append("a.log", "1\nhal");
  start();
  ASSERT_TRUE(eventually_count(1));
  append("a.log", "f\n");
  ASSERT_TRUE(eventually_count(2));
  append("a.log", "open");
  stop();
  EXPECT_THAT(output_.texts(), ElementsAre("1", "half"));
  config_.idle_flush = std::chrono::milliseconds(20);
  start();
  ASSERT_TRUE(eventually_count(3));
  append("a.log", " end\n");
  ASSERT_TRUE(eventually_count(4));
  EXPECT_THAT(output_.texts(), ElementsAre("1", "half", "open", " end"));
}

TEST_F(FileTest, TimesAreThoseOfTheFirstReadAlsoAfterACrash) {
  output_.set_acks(Acks::hold);
  for (int i = 0; i < 1000; ++i) append("a.log", "same\n");
  start();
  ASSERT_TRUE(eventually_count(1000));
  stop();
  positions_.crash();
  output_.set_acks(Acks::deliver, pipeline::Outcome::failed);
  start();
  ASSERT_TRUE(eventually_count(2000));
  const std::vector<Line> lines = output_.lines();
  std::set<std::int64_t> times;
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(lines[i].time, lines[1000 + i].time);
    EXPECT_EQ(lines[i].offset, lines[1000 + i].offset);
    EXPECT_EQ(lines[i].identity, lines[1000 + i].identity);
    times.insert(lines[i].time);
  }
  EXPECT_EQ(times.size(), 1000u) << "equal lines at equal times would be one line in Loki";
}

TEST_F(FileTest, FailedRecordsAreReadAgainAsTheyWere) {
  output_.set_acks(Acks::hold);
  for (int i = 0; i < 100; ++i) append("a.log", fmt::format("line {}\n", i));
  start();
  ASSERT_TRUE(eventually_count(100));
  append("a.log", "after\n");
  ASSERT_TRUE(eventually_count(101));
  output_.set_acks(Acks::deliver, pipeline::Outcome::failed);
  ASSERT_TRUE(eventually_count(202));
  append("a.log", "new\n");
  ASSERT_TRUE(eventually_count(203));
  const std::vector<Line> lines = output_.lines();
  for (std::size_t i = 0; i < 101; ++i) {
    EXPECT_EQ(lines[i].text, lines[101 + i].text);
    EXPECT_EQ(lines[i].time, lines[101 + i].time);
    EXPECT_EQ(lines[i].offset, lines[101 + i].offset);
    EXPECT_FALSE(lines[i].again);
    EXPECT_TRUE(lines[101 + i].again);
  }
  EXPECT_FALSE(lines[202].again);
  EXPECT_EQ(metric("sluice_rewound_records_total"), 101);
  EXPECT_TRUE(eventually([&] { return stored()[path("a.log")] == std::filesystem::file_size(path("a.log")); }));
}

TEST_F(FileTest, NothingIsStoredBeforeItIsAcknowledged) {
  output_.set_acks(Acks::hold);
  append("a.log", "1\n2\n");
  start();
  ASSERT_TRUE(eventually_count(2));
  stop();
  EXPECT_EQ(stored()[path("a.log")], 0u);
  output_.set_acks(Acks::deliver, pipeline::Outcome::failed);
  start();
  ASSERT_TRUE(eventually_count(4));
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2", "1", "2"));
}

TEST_F(FileTest, StartAtEndHoldsForFilesOfTheFirstStartOnly) {
  config_.start_at = StartAt::end;
  append("a.log", "old\nold without end");
  start();
  ASSERT_TRUE(eventually([&] { return metric("sluice_source_files") == 1; }));
  append("a.log", " but now\nnew\n");
  append("b.log", "later\n");
  ASSERT_TRUE(eventually_count(2));
  stop();
  EXPECT_THAT(output_.texts(), UnorderedElementsAre("new", "later"));
  append("c.log", "while away\n");
  start();
  ASSERT_TRUE(eventually_count(3));
  EXPECT_EQ(output_.texts().back(), "while away");
}

TEST_F(FileTest, OldFilesAreSkippedUntilTheyGrow) {
  append("a.log", "old\n");
  std::filesystem::last_write_time(path("a.log"),
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  append("b.log", "young\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  EXPECT_THAT(output_.texts(), ElementsAre("young"));
  EXPECT_EQ(metric("sluice_source_skipped_files_total"), 1);
  append("a.log", "grown\n");
  ASSERT_TRUE(eventually_count(3));
  EXPECT_THAT(output_.texts(), ElementsAre("young", "old", "grown"));
}

TEST_F(FileTest, AFileWithAStoredPositionIsReadHoweverOldItIs) {
  append("a.log", "1\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  stop();
  append("a.log", "2\n");
  std::filesystem::last_write_time(path("a.log"),
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  start();
  ASSERT_TRUE(eventually_count(2));
}

TEST_F(FileTest, ALineTooLongIsCutOffAndMarkedAndNothingElseSuffers) {
  config_.max_line = pipeline::Size{1000};
  append("a.log", "before\n" + std::string(5000, 'x') + "\nafter\n" + std::string(600'000, 'y') + "\nend\n");
  start();
  ASSERT_TRUE(eventually_count(5));
  const std::vector<Line> lines = output_.lines();
  EXPECT_THAT(output_.texts(), ElementsAre("before", std::string(1000, 'x'), "after",
                                           std::string(1000, 'y'), "end"));
  EXPECT_TRUE(lines[1].truncated);
  EXPECT_FALSE(lines[2].truncated);
  EXPECT_TRUE(lines[3].truncated);
  EXPECT_EQ(metric("sluice_source_truncated_lines_total"), 2);
  EXPECT_TRUE(eventually([&] { return stored()[path("a.log")] == std::filesystem::file_size(path("a.log")); }));
}

TEST_F(FileTest, ALineLargerThanAChunkIsRead) {
  const std::string large(900'000, 'x');
  append("a.log", "before\n" + large + "\nafter\n");
  start();
  ASSERT_TRUE(eventually_count(3));
  EXPECT_THAT(output_.texts(), ElementsAre("before", large, "after"));
}

TEST_F(FileTest, ARestartInTheMiddleOfATooLongLineSkipsItsRest) {
  config_.max_line = pipeline::Size{1000};
  append("a.log", std::string(300'000, 'x'));
  start();
  ASSERT_TRUE(eventually_count(1));
  ASSERT_TRUE(eventually([&] { return stored()[path("a.log")] > 1000; }));
  stop();
  append("a.log", "rest\nnext\n");
  start();
  ASSERT_TRUE(eventually_count(2));
  EXPECT_EQ(output_.texts()[1], "next");
}

TEST_F(FileTest, Utf16AndByteOrderMarks) {
  append("a.log", std::string_view("\xFF\xFEh\0i\0\r\0\n\0\xE4\0\n\0", 14));
  append("b.log", "\xEF\xBB\xBFplain\r\n");
  start();
  ASSERT_TRUE(eventually_count(3));
  EXPECT_THAT(output_.texts(), UnorderedElementsAre("hi", "\xC3\xA4", "plain"));
  stop();
  append("a.log", std::string_view("x\0\n\0", 4));
  start();
  ASSERT_TRUE(eventually_count(4));
  EXPECT_EQ(output_.texts()[3], "x");
}

TEST_F(FileTest, AFileThatCannotBeOpenedIsTriedAgain) {
  append("a.log", "1\n");
  append("b.log", "2\n");
  fs_.deny(path("a.log"), true);
  start();
  ASSERT_TRUE(eventually_count(1));
  ASSERT_TRUE(eventually([&] { return metric("sluice_source_errors_total") >= 2; }));
  EXPECT_THAT(output_.texts(), ElementsAre("2"));
  fs_.deny(path("a.log"), false);
  ASSERT_TRUE(eventually_count(2));
}

TEST_F(FileTest, ManyFilesNeedFewDescriptors) {
  config_.max_open_files = 64;
  for (int i = 0; i < 2000; ++i) append(fmt::format("{}.log", i), fmt::format("{} first\n", i));
  start();
  ASSERT_TRUE(eventually_count(2000));
  EXPECT_LE(metric("sluice_source_open_files"), 64);
  for (int i = 0; i < 2000; i += 7) append(fmt::format("{}.log", i), fmt::format("{} second\n", i));
  ASSERT_TRUE(eventually_count(2286));
  EXPECT_LE(metric("sluice_source_open_files"), 64);
  ASSERT_TRUE(eventually([&] { return metric("sluice_source_open_files") == 0; }));
  EXPECT_EQ(distinct(output_.texts()).size(), 2286u);
}

TEST_F(FileTest, SmallFilesShareABatch) {
  for (int i = 0; i < 100; ++i) append(fmt::format("{}.log", i), "x\n");
  start();
  ASSERT_TRUE(eventually_count(100));
  EXPECT_LE(output_.batches(), 2u);
}

TEST_F(FileTest, AHotFileDoesNotStarveTheOthers) {
  std::string hot;
  while (hot.size() < 20 * Reader::kChunkBytes) hot += "a line of the hot file that fills much\n";
  append("hot.log", hot);
  for (int i = 0; i < 10; ++i) append(fmt::format("{}.log", i), "small\n");
  start();
  ASSERT_TRUE(eventually_count(hot.size() / 39 + 10));
  const std::vector<std::string> texts = output_.texts();
  std::size_t last = 0;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts[i] == "small") last = i;
  EXPECT_LT(last, 3 * Reader::kChunkBytes / 39);
}

TEST_F(FileTest, PollsWhereTheKernelReportsNothing) {
  config_.watch = WatchMode::poll;
  config_.poll_interval = std::chrono::milliseconds(10);
  append("a.log", "1\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  append("a.log", "2\n");
  append("b.log", "3\n");
  ASSERT_TRUE(eventually_count(3));
  rename("a.log", "a.log.1");
  append("a.log.1", "late\n");
  append("a.log", "4\n");
  ASSERT_TRUE(eventually_count(5));
  EXPECT_EQ(distinct(output_.texts()).size(), 5u);
}

TEST_F(FileTest, NewDirectoriesAreFound) {
  config_.include = {path("**/*.log")};
  append("a.log", "1\n");
  start();
  ASSERT_TRUE(eventually_count(1));
  std::filesystem::create_directories(path("x/y"));
  append("x/y/b.log", "2\n");
  ASSERT_TRUE(eventually_count(2));
  append("x/y/b.log", "3\n");
  ASSERT_TRUE(eventually_count(3));
}

TEST_F(FileTest, TwoNamesOfOneFileAreOneFile) {
  append("a.log", "1\n");
  std::filesystem::create_directories(path("real"));
  append("real/target.txt", "2\n");
  std::filesystem::create_symlink(path("real/target.txt"), path("b.log"));
  std::filesystem::create_symlink(path("real/target.txt"), path("c.log"));
  std::filesystem::create_hard_link(path("a.log"), path("d.log"));
  start();
  ASSERT_TRUE(eventually_count(2));
  append("real/target.txt", "3\n");
  ASSERT_TRUE(eventually_count(3));
  append("d.log", "4\n");
  ASSERT_TRUE(eventually_count(4));
  EXPECT_EQ(distinct(output_.texts()).size(), 4u);
}

TEST_F(FileTest, ItsOwnOutputIsNotRead) {
  append("own.log", "");
  append("other.log", "1\n");
  const int saved = ::dup(2);
  FILE* own = std::fopen(path("own.log").c_str(), "a");
  ASSERT_NE(own, nullptr);
  ASSERT_GE(::dup2(::fileno(own), 2), 0);
  start();
  const bool is_read = eventually_count(1);
  append("own.log", "mine\n");
  append("other.log", "2\n");
  const bool is_second_read = eventually_count(2);
  ::dup2(saved, 2);
  ::close(saved);
  std::fclose(own);
  EXPECT_TRUE(is_read && is_second_read);
  EXPECT_THAT(output_.texts(), ElementsAre("1", "2"));
}

TEST_F(FileTest, StoppingWithoutHavingRunIsFine) {
  start();
  stop();
  EXPECT_THAT(output_.texts(), IsEmpty());
}

TEST_F(FileTest, FewPositionsAreStoredAtOnce) {
  start();
  for (int i = 0; i < 200; ++i) {
    append("a.log", fmt::format("{}\n", i));
    ASSERT_TRUE(eventually_count(static_cast<std::size_t>(i) + 1));
  }
  // One for the file, and one for each second or each time that it had come to rest.
  EXPECT_LT(positions_.saves_now(), 200);
}

}  // namespace
}  // namespace plugins::sources::file
