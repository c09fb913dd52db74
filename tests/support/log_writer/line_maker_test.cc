#include "tests/support/log_writer/line_maker.h"

#include <gtest/gtest.h>

#include "tests/support/loki_standin/record_line.h"

namespace log_writer {
namespace {

constexpr std::int64_t kTime = 1'784'700'000'123'456'789;

std::string line_of(const LineStyle& style, std::uint64_t sequence) {
  std::string out;
  make_line(style, "f0", sequence, kTime, out);
  return out;
}

TEST(MakeLine, IsFoundAndVerifiedByTheStandIn) {
  for (const Mode mode : {Mode::json, Mode::plain}) {
    const LineStyle style{.mode = mode,
                          .poison_every = 3,
                          .long_every = 5,
                          .long_bytes = 9000,
                          .invalid_utf8_every = 7,
                          .nul_every = 11};
    for (std::uint64_t sequence = 0; sequence < 60; ++sequence) {
      std::string line = line_of(style, sequence);
      EXPECT_EQ(line.size(), sequence % 5 == 4 ? 9000U : 265U);
      EXPECT_EQ(line.back(), '\n');
      line.pop_back();
      const auto id = loki_standin::find_record_id(line);
      ASSERT_TRUE(id) << line;
      EXPECT_EQ(id->file, "f0");
      EXPECT_EQ(id->sequence, sequence);
      EXPECT_EQ(id->checksum, loki_standin::Checksum::ok);
      EXPECT_EQ(line.find("POISON") != std::string::npos, sequence % 3 == 2);
      EXPECT_EQ(line.find('\0') != std::string::npos, sequence % 11 == 10);
    }
  }
}

TEST(MakeLine, IsAPureFunctionOfItsArguments) {
  EXPECT_EQ(line_of({}, 5), line_of({}, 5));
  EXPECT_NE(line_of({}, 5), line_of({.seed = 2}, 5));
}

TEST(MakeLine, CarriesNanoseconds) {
  EXPECT_NE(line_of({}, 0).find("\"ts\":\"2026-07-22T06:00:00.123456789Z\""), std::string::npos);
}

}  // namespace
}  // namespace log_writer
