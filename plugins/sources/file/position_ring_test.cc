#include "plugins/sources/file/position_ring.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "plugins/sources/file/position_record.h"

namespace plugins::sources::file {
namespace {

using pipeline::Outcome;
using pipeline::TimeTie;

Mark mark(std::uint64_t offset) { return {offset, Resume::line, {}, {}}; }

TEST(PositionRing, AcksOutOfOrderMoveThePositionInOrder) {
  PositionRing ring(mark(100));
  const auto a = ring.add(mark(110), 1);
  const auto b = ring.add(mark(120), 1);
  const auto c = ring.add(mark(130), 1);
  EXPECT_FALSE(ring.settle(c, Outcome::delivered, {}));
  EXPECT_FALSE(ring.settle(b, Outcome::dropped, {}));
  EXPECT_EQ(ring.acked().offset, 100u);
  EXPECT_TRUE(ring.settle(a, Outcome::lost, {}));
  EXPECT_EQ(ring.acked().offset, 130u);
  EXPECT_EQ(ring.outstanding(), 0u);
}

TEST(PositionRing, BytesWithoutRecordsWaitForThoseBefore) {
  PositionRing ring;
  const auto a = ring.add(mark(10), 1);
  ring.add_empty(mark(50));
  EXPECT_EQ(ring.acked().offset, 0u);
  EXPECT_TRUE(ring.settle(a, Outcome::delivered, TimeTie{7, 3}));
  EXPECT_EQ(ring.acked().offset, 50u);
  EXPECT_EQ(ring.acked().tie, (TimeTie{7, 3}));
  ring.add_empty(mark(60));
  EXPECT_EQ(ring.acked().offset, 60u);
  EXPECT_EQ(ring.acked().tie, (TimeTie{7, 3}));
}

TEST(PositionRing, AFailureStopsThePositionUntilRewound) {
  PositionRing ring;
  const auto a = ring.add(mark(10), 1);
  const auto b = ring.add(mark(20), 2);
  const auto c = ring.add(mark(30), 3);
  EXPECT_TRUE(ring.settle(a, Outcome::delivered, {}));
  EXPECT_EQ(ring.records(c), 3u);
  EXPECT_FALSE(ring.settle(b, Outcome::failed, {}));
  EXPECT_TRUE(ring.has_failed());
  EXPECT_FALSE(ring.settle(c, Outcome::delivered, {}));
  EXPECT_EQ(ring.acked().offset, 10u);
  ring.rewind();
  EXPECT_EQ(ring.read(), 10u);
  EXPECT_FALSE(ring.has_failed());
  EXPECT_FALSE(ring.settle(b, Outcome::delivered, {})) << "a verdict of before is no verdict of now";
  const auto again = ring.add(mark(30), 5);
  EXPECT_TRUE(ring.settle(again, Outcome::delivered, {}));
  EXPECT_EQ(ring.acked().offset, 30u);
}

TEST(PositionRing, ARepeatedVerdictIsIgnored) {
  PositionRing ring;
  const auto a = ring.add(mark(10), 1);
  const auto b = ring.add(mark(20), 1);
  EXPECT_FALSE(ring.settle(b, Outcome::delivered, {}));
  EXPECT_FALSE(ring.settle(b, Outcome::failed, {}));
  EXPECT_TRUE(ring.settle(a, Outcome::delivered, {}));
  EXPECT_FALSE(ring.settle(a, Outcome::delivered, {}));
  EXPECT_EQ(ring.acked().offset, 20u);
}

// Against the obvious implementation, with random reads, verdicts and rewinds.
TEST(PositionRing, AgreesWithANaiveModel) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    struct Range {
      std::uint64_t end = 0;
      int state = 0;  // 0 waiting, 1 done, 2 failed
    };
    std::map<std::uint64_t, Range> model;  // by end
    std::map<std::uint64_t, std::uint64_t> waiting;  // sequence to end
    std::uint64_t acked = 0;
    std::uint64_t read = 0;
    PositionRing ring;
    const auto settle_model = [&] {
      while (!model.empty() && model.begin()->second.state == 1) {
        acked = model.begin()->first;
        model.erase(model.begin());
      }
    };
    for (int step = 0; step < 400; ++step) {
      const std::uint32_t action = below(10);
      if (action < 4) {
        read += 1 + below(100);
        waiting[ring.add(mark(read), 1)] = read;
        model[read] = {read, 0};
      } else if (action == 4) {
        read += 1 + below(10);
        ring.add_empty(mark(read));
        model[read] = {read, 1};
        settle_model();
      } else if (!waiting.empty()) {
        auto which = waiting.begin();
        std::advance(which, below(static_cast<std::uint32_t>(waiting.size())));
        const bool fails = below(20) == 0;
        model[which->second].state = fails ? 2 : 1;
        settle_model();
        ring.settle(which->first, fails ? Outcome::failed : Outcome::delivered, {});
        waiting.erase(which);
      } else if (ring.has_failed()) {
        ring.rewind();
        model.clear();
        read = acked;
      }
      ASSERT_EQ(ring.acked().offset, acked) << "seed " << seed << " step " << step;
      ASSERT_EQ(ring.read(), read);
      ASSERT_EQ(ring.outstanding(), waiting.size());
      ASSERT_LE(ring.acked().offset, ring.read());
    }
  }
}

TEST(PositionRecord, IsReadBackAsItWasWritten) {
  PositionRecord record;
  record.device = 0xfe01;
  record.inode = 123456;
  record.identity = 0xdeadbeefcafe;
  record.head = Digest::of("the first bytes");
  record.acked = {987654321, Resume::skip, Digest::of("before"), {-5, 7}};
  record.modified_ns = 1700000000123456789;
  record.saved_s = 1700000001;
  record.anchors = {{0, 100, 50}, {50, 200, 5000}};
  record.path = "/var/log/with space\tand more.log";
  const auto decoded = decode_position(position_key(record.device, record.inode, record.identity),
                                       encode_position(record));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->device, record.device);
  EXPECT_EQ(decoded->inode, record.inode);
  EXPECT_EQ(decoded->identity, record.identity);
  EXPECT_EQ(decoded->head, record.head);
  EXPECT_EQ(decoded->acked, record.acked);
  EXPECT_EQ(decoded->modified_ns, record.modified_ns);
  EXPECT_EQ(decoded->saved_s, record.saved_s);
  EXPECT_EQ(decoded->anchors, record.anchors);
  EXPECT_EQ(decoded->path, record.path);
}

TEST(PositionRecord, WhatIsBrokenIsUnknown) {
  const std::string good = encode_position({});
  EXPECT_TRUE(decode_position("1:2:3", good));
  EXPECT_FALSE(decode_position("started", "1"));
  EXPECT_FALSE(decode_position("1:2", good));
  EXPECT_FALSE(decode_position("1:2:3", "9" + good.substr(1)));
  for (std::size_t cut = 0; cut + 2 < good.size(); ++cut)
    EXPECT_FALSE(decode_position("1:2:3", good.substr(0, cut))) << cut;
}

TEST(Digest, KnowsTheBytesAtBothEnds) {
  const Digest digest = Digest::of("hello");
  EXPECT_TRUE(digest.begins("hello world"));
  EXPECT_FALSE(digest.begins("hell"));
  EXPECT_FALSE(digest.begins("jello world"));
  EXPECT_TRUE(digest.ends("oh hello"));
  EXPECT_FALSE(digest.ends("oh hello!"));
  EXPECT_TRUE(Digest{}.begins(""));
  EXPECT_TRUE(Digest{}.ends("anything"));
}

}  // namespace
}  // namespace plugins::sources::file
