#include "pipeline/config/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pipeline {
namespace {

const std::vector<std::string> kWords = {
    "include", "exclude", "start_at", "ignore_older", "url", "to", "insecure_skip_verify",
    "loki",    "file"};

TEST(Nearest, FindsTypingErrors) {
  const std::pair<const char*, const char*> cases[] = {{"incldue", "include"},
                                                       {"includ", "include"},
                                                       {"start-at", "start_at"},
                                                       {"startat", "start_at"},
                                                       {"ignoreolder", "ignore_older"},
                                                       {"URL", "url"},
                                                       {"ulr", "url"},
                                                       {"Loki", "loki"},
                                                       {"lokki", "loki"},
                                                       {"flie", "file"},
                                                       {"insecure_skip", "insecure_skip_verify"}};
  for (const auto& [typed, meant] : cases) {
    ASSERT_TRUE(nearest(typed, kWords)) << typed;
    EXPECT_EQ(*nearest(typed, kWords), meant) << typed;
  }
}

TEST(Nearest, KeepsQuietWhenNothingIsClose) {
  for (const char* typed : {"", "zebra", "x", "ab", "compression", "url"}) {
    EXPECT_FALSE(nearest(typed, std::span(kWords).subspan(0, 5))) << typed;
  }
  EXPECT_FALSE(nearest(std::string(1000, 'a'), kWords));
}

TEST(Nearest, ListsWords) {
  EXPECT_EQ(one_of_text(std::vector<std::string>{"a", "b", "c"}), "'a', 'b' or 'c'");
  EXPECT_EQ(one_of_text(std::vector<std::string>{"a"}), "'a'");
}

}  // namespace
}  // namespace pipeline
