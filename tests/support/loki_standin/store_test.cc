#include "tests/support/loki_standin/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loki_standin {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'800'000'000LL * kSecond;

struct Push {
  wire::PushRequest request;
  wire::Stream* stream = nullptr;

  Push& on(const std::string& labels) {
    stream = request.add_streams();
    stream->set_labels(labels);
    return *this;
  }
  Push& line(const std::string& text, std::int64_t ns = kNow) {
    wire::Entry& entry = *stream->add_entries();
    entry.set_line(text);
    entry.mutable_timestamp()->set_seconds(ns / kSecond);
    entry.mutable_timestamp()->set_nanos(static_cast<std::int32_t>(ns % kSecond));
    return *this;
  }
  Push& metadata(const std::string& name, const std::string& value) {
    wire::LabelPair& pair =
        *stream->mutable_entries(stream->entries_size() - 1)->add_structured_metadata();
    pair.set_name(name);
    pair.set_value(value);
    return *this;
  }
};

Push one(const std::string& labels, const std::string& text, std::int64_t ns = kNow) {
  Push push;
  push.on(labels).line(text, ns);
  return push;
}

std::string labels_of(int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) {
    text += (i == 0 ? "a" : ",a") + std::string(i < 10 ? "0" : "") + std::to_string(i) + "=\"v\"";
  }
  return text + "}";
}

TEST(Store, RefusesWhatLokiRefusesByReason) {
  struct Case {
    const char* reason;
    Push push;
    int status;
  };
  Push many_metadata = one("{a=\"b\"}", "x");
  for (int i = 0; i < 129; ++i) many_metadata.metadata("k" + std::to_string(i), "v");
  Push large_metadata = one("{a=\"b\"}", "x");
  large_metadata.metadata("k", std::string(65'537, 'v'));
  const std::vector<Case> cases{
      {"missing_labels", one("{}", "x"), 400},
      {"invalid_labels", one("{a=b}", "x"), 400},
      {"invalid_labels", one("{a=\"\xff\"}", "x"), 400},
      {"duplicate_label_names", one("{a=\"b\",a=\"c\"}", "x"), 400},
      {"unsorted_labels", one("{b=\"b\",a=\"c\"}", "x"), 400},
      {"max_label_names_per_series", one(labels_of(16), "x"), 400},
      {"label_name_too_long", one("{" + std::string(1025, 'a') + "=\"b\"}", "x"), 400},
      {"label_value_too_long", one("{a=\"" + std::string(2049, 'b') + "\"}", "x"), 400},
      {"line_too_long", one("{a=\"b\"}", std::string((256U << 10U) + 1, 'x')), 400},
      {"structured_metadata_too_many", many_metadata, 400},
      {"structured_metadata_too_large", large_metadata, 400},
      {"greater_than_max_sample_age", one("{a=\"b\"}", "x", kNow - 604'801 * kSecond), 400},
      {"too_far_in_future", one("{a=\"b\"}", "x", kNow + 601 * kSecond), 400},
      {"missing_streams", Push{}, 422},
  };
  for (const Case& test : cases) {
    Store store({}, {});
    const PushAnswer answer = store.push("t", test.push.request, kNow);
    EXPECT_EQ(answer.status, test.status) << test.reason << ": " << answer.message;
    EXPECT_FALSE(answer.message.empty()) << test.reason;
    store.with_tenants([&](const auto& tenants) {
      EXPECT_TRUE(tenants.at("t").refused.contains(test.reason)) << test.reason;
      EXPECT_EQ(tenants.at("t").entries, 0U) << test.reason;
    });
  }
}

TEST(Store, AcceptsWhatStandsOnTheLimits) {
  Store store({}, {});
  for (const Push& push :
       {one(labels_of(15), "x"), one("{" + std::string(1024, 'a') + "=\"b\"}", "x"),
        one("{a=\"" + std::string(2048, 'b') + "\"}", "x"),
        one("{a=\"b\"}", std::string(256U << 10U, 'x')), one("{a=\"b\"}", "\xff\x00z")}) {
    EXPECT_EQ(store.push("t", push.request, kNow).status, 204);
  }
}

TEST(Store, StoresTheValidRestOfAPartlyBadRequest) {
  Store store({}, {.partial = true, .poison = "POISON"});
  Push push;
  push.on("{a=\"b\"}").line("good").line("a POISON line").line("also good");
  push.on("{c=\"d\"}").line("fine");
  const PushAnswer answer = store.push("t", push.request, kNow);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.stored, 3U);
  EXPECT_EQ(answer.refused, 1U);
  EXPECT_THAT(answer.message, HasSubstr("total ignored: 1 out of 3 for stream: {a=\"b\"}"));
}

TEST(Store, AllOrNothingStoresNothingOfAPartlyBadRequest) {
  Store store({}, {.partial = false, .poison = "POISON"});
  Push push;
  push.on("{a=\"b\"}").line("good").line("a POISON line");
  EXPECT_EQ(store.push("t", push.request, kNow).status, 400);
  store.with_tenants([](const auto& tenants) { EXPECT_EQ(tenants.at("t").entries, 0U); });
}

TEST(Store, RefusesWhatIsFarBehindItsOwnStream) {
  Store store({}, {});
  EXPECT_EQ(store.push("t", one("{a=\"b\"}", "new").request, kNow).status, 204);
  EXPECT_EQ(store.push("t", one("{a=\"b\"}", "1h", kNow - 3600 * kSecond).request, kNow).status,
            204);
  const PushAnswer old =
      store.push("t", one("{a=\"b\"}", "old", kNow - 3601 * kSecond).request, kNow);
  EXPECT_EQ(old.status, 400);
  EXPECT_THAT(old.message, HasSubstr("entry too far behind"));
  EXPECT_EQ(store.push("t", one("{a=\"c\"}", "old", kNow - 3601 * kSecond).request, kNow).status,
            204)
      << "another stream has its own window";
}

TEST(Store, DropsEqualLinesAtEqualTimesAsLokiDoes) {
  Store store({}, {});
  Push same_time;
  same_time.on("{a=\"b\"}").line("beat").line("beat").line("beat", kNow + 1);
  EXPECT_EQ(store.push("t", same_time.request, kNow).status, 204);
  EXPECT_EQ(store.push("t", one("{a=\"b\"}", "beat").request, kNow).status, 204);
  Push other = one("{a=\"b\"}", "beat");
  other.metadata("k", "v");
  EXPECT_EQ(store.push("t", other.request, kNow).status, 204);
  store.with_tenants([](const auto& tenants) {
    EXPECT_EQ(tenants.at("t").streams.at("{a=\"b\"}").entries, 3U);
    EXPECT_EQ(tenants.at("t").equal, 2U);
  });
}

TEST(Store, KeepsTenantsApartAndRefusesTheWrongOne) {
  Store store({}, {.require_tenant = "right", .tenant_status = 401});
  EXPECT_EQ(store.push("wrong", one("{a=\"b\"}", "x").request, kNow).status, 401);
  EXPECT_EQ(store.push("right", one("{a=\"b\"}", "x").request, kNow).status, 204);
  store.with_tenants([](const auto& tenants) { EXPECT_FALSE(tenants.contains("wrong")); });
}

}  // namespace
}  // namespace loki_standin
