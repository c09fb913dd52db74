#include "tests/support/loki_standin/decode.h"

#include <gtest/gtest.h>
#include <snappy.h>

namespace loki_standin {
namespace {

std::string encoded(const wire::PushRequest& request) {
  std::string out;
  snappy::Compress(request.SerializeAsString().data(), request.ByteSizeLong(), &out);
  return out;
}

wire::PushRequest sample() {
  wire::PushRequest request;
  wire::Stream& stream = *request.add_streams();
  stream.set_labels("{a=\"b\"}");
  wire::Entry& entry = *stream.add_entries();
  entry.set_line("hello");
  entry.mutable_timestamp()->set_seconds(5);
  return request;
}

TEST(DecodePush, ReadsSnappyAndProtobuf) {
  wire::PushRequest out;
  ASSERT_TRUE(decode_push("application/x-protobuf", "", encoded(sample()), {}, out));
  EXPECT_EQ(out.streams(0).entries(0).line(), "hello");
}

TEST(DecodePush, ReadsJson) {
  wire::PushRequest out;
  const auto decoded = decode_push(
      "application/json; charset=utf-8", "",
      R"({"streams":[{"stream":{"b":"x\"y","a":"1"},"values":[["1700000000000000001","l",{"k":"v"}]]}]})",
      {}, out);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(out.streams(0).labels(), R"({a="1", b="x\"y"})");
  EXPECT_EQ(out.streams(0).entries(0).timestamp().nanos(), 1);
  EXPECT_EQ(out.streams(0).entries(0).structured_metadata(0).value(), "v");
}

TEST(DecodePush, RefusesWhatIsNotAPush) {
  const std::string good = encoded(sample());
  wire::PushRequest bad_nanos = sample();
  bad_nanos.mutable_streams(0)->mutable_entries(0)->mutable_timestamp()->set_nanos(-1);
  struct Case {
    const char* name;
    std::string type;
    std::string encoding;
    std::string body;
    int status;
  };
  const std::vector<Case> cases{
      {"no content type", "", "", good, 415},
      {"wrong content type", "text/plain", "", good, 415},
      {"unknown encoding", "application/x-protobuf", "zstd", good, 400},
      {"not snappy", "application/x-protobuf", "", "hello", 400},
      {"cut", "application/x-protobuf", "", good.substr(0, good.size() - 1), 400},
      {"nanos", "application/x-protobuf", "", encoded(bad_nanos), 400},
      {"not json", "application/json", "", "{", 400},
      {"no streams", "application/json", "", "{}", 400},
      {"time as number", "application/json", "",
       R"({"streams":[{"stream":{"a":"b"},"values":[[1,"l"]]}]})", 400},
      {"not gzip", "application/json", "gzip", "{}", 400},
  };
  for (const Case& test : cases) {
    wire::PushRequest out;
    const auto decoded = decode_push(test.type, test.encoding, test.body, {}, out);
    ASSERT_FALSE(decoded) << test.name;
    EXPECT_EQ(decoded.error().status, test.status) << test.name;
  }
}

TEST(DecodePush, DoesNotAllocateOnTheWordOfAHeader) {
  // A snappy header that promises 4 GiB.
  wire::PushRequest out;
  const auto decoded = decode_push("application/x-protobuf", "", "\xff\xff\xff\xff\x0f", {}, out);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().status, 413);
}

}  // namespace
}  // namespace loki_standin
