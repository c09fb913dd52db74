#include "tests/support/loki_standin/record_ledger.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace loki_standin {
namespace {

std::string json_line(std::string_view file, std::uint64_t sequence) {
  std::string line =
      fmt::format(R"({{"ts":"x","file":"{}","seq":{},"msg":"hello")", file, sequence);
  return line + fmt::format(R"(,"sum":"{:08x}"}})", crc32c(line));
}

TEST(Crc32c, MatchesTheKnownVectors) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(FindRecordId, ReadsJsonAndPlainLines) {
  const std::string json = json_line("f0", 12);
  const auto id = find_record_id(json);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->file, "f0");
  EXPECT_EQ(id->sequence, 12U);
  EXPECT_EQ(id->checksum, Checksum::ok);

  std::string plain = "2026-01-01 INFO id=f1:7 hello";
  plain += fmt::format(" sum={:08x}", crc32c(plain));
  const auto plain_id = find_record_id(plain);
  ASSERT_TRUE(plain_id);
  EXPECT_EQ(plain_id->file, "f1");
  EXPECT_EQ(plain_id->sequence, 7U);
  EXPECT_EQ(plain_id->checksum, Checksum::ok);
}

TEST(FindRecordId, TellsDamageFromCutting) {
  std::string damaged = json_line("f0", 12);
  damaged[damaged.find("hello")] = 'j';
  EXPECT_EQ(find_record_id(damaged)->checksum, Checksum::wrong);
  EXPECT_EQ(find_record_id(json_line("f0", 12).substr(0, 40))->checksum, Checksum::absent);
  EXPECT_FALSE(find_record_id("nothing of ours"));
}

TEST(RecordLedger, TellsReplaysFromRealDuplicates) {
  RecordLedger ledger;
  const std::string line = json_line("f0", 0);
  const RecordId id = *find_record_id(line);
  EXPECT_EQ(ledger.arrive(id, 1, 1), Arrival::first);
  EXPECT_EQ(ledger.arrive(id, 1, 1), Arrival::identical);
  EXPECT_EQ(ledger.arrive(id, 2, 1), Arrival::different);
  EXPECT_EQ(ledger.counts().first, 1U);
  EXPECT_EQ(ledger.counts().identical, 1U);
  EXPECT_EQ(ledger.counts().different, 1U);
}

TEST(RecordLedger, CountsOrderPerFileAndStreamAndForgivesReplays) {
  RecordLedger ledger;
  auto arrive = [&](std::uint64_t sequence, std::uint32_t stream) {
    ledger.arrive({"f0", sequence, Checksum::ok}, sequence + 1, stream);
  };
  arrive(5, 1);
  arrive(3, 2);  // another stream
  arrive(6, 1);
  arrive(5, 1);  // a replay
  EXPECT_EQ(ledger.counts().out_of_order, 0U);
  arrive(4, 1);
  EXPECT_EQ(ledger.counts().out_of_order, 1U);
}

TEST(RecordLedger, JudgesMissingInventedAndExcepted) {
  RecordLedger ledger;
  for (const std::uint64_t sequence : {0U, 1U, 2U, 5U, 6U, 12U}) {
    ledger.arrive({"f0", sequence, Checksum::ok}, sequence + 1, 1);
  }
  ledger.arrive({"ghost", 0, Checksum::ok}, 1, 1);
  const auto verdict = ledger.verdict({{"f0", 0, 10}}, 0);
  EXPECT_EQ(verdict.expected, 10U);
  EXPECT_EQ(verdict.missing, 5U);
  EXPECT_EQ(verdict.invented, 2U);
  EXPECT_EQ(verdict.missing_ranges, (std::vector<std::string>{"f0:3-5", "f0:7-10"}));

  const auto except = ledger.verdict({{"f0", 0, 10}}, 5);  // 4 and 9 are poison
  EXPECT_EQ(except.expected, 8U);
  EXPECT_EQ(except.missing, 3U);
  EXPECT_EQ(except.excepted, 2U);
  EXPECT_EQ(except.excepted_seen, 0U);
}

TEST(RecordLedger, DoesNotBelieveAbsurdSequences) {
  RecordLedger ledger;
  ledger.arrive({"f0", ~0ULL - 1, Checksum::wrong}, 1, 1);
  EXPECT_GT(ledger.counts().corrupt, 0U);
}

}  // namespace
}  // namespace loki_standin
