#include "pipeline/expr/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/expr/field_name.h"
#include "pipeline/expr/path.h"

namespace pipeline {
namespace {

TEST(Path, CanonicalSpellingIsOneForEveryWayToWriteIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"a", "a"},
      {"a.b", "a.b"},
      {R"(a["b"])", "a.b"},
      {R"(["a"]["b"])", "a.b"},
      {"a[`b`]", "a.b"},
      {"a.b[0]", "a.b[0]"},
      {"a.b[007]", "a.b[7]"},
      {R"(a["x/y"].c)", R"(a["x/y"].c)"},
      {R"(a["x.y"])", R"(a["x.y"])"},
      {R"(["x y"].z)", R"(["x y"].z)"},
      {R"(a["q\"\n"])", R"(a["q\"\n"])"},
      {"@timestamp", "@timestamp"},
      {"http.user-agent", "http.user-agent"},
      {"a.0", "a.0"},
      {"$label.app", "$label.app"},
      {R"($k8s.labels["app.kubernetes.io/name"])", R"($k8s.labels["app.kubernetes.io/name"])"},
      {R"(["$x"])", R"(["$x"])"},
      {R"(a["é"])", "a.é"},
      {R"(a["\u00e9"])", "a.é"},
      {R"(a[""])", R"(a[""])"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto path = parse_name(text);
    ASSERT_TRUE(path) << text << ": " << path.error().message();
    EXPECT_EQ(canonical_name(*path), canonical) << text;
    EXPECT_EQ(split_path(canonical), *path) << text;
  }
}

TEST(Path, SplitGivesKeysAndIndices) {
  const Path path = split_path(R"(a.b[2]["x/y"])");
  ASSERT_EQ(path.steps.size(), 4u);
  EXPECT_EQ(path.steps[0].key, "a");
  EXPECT_EQ(path.steps[1].key, "b");
  EXPECT_TRUE(path.steps[2].is_index);
  EXPECT_EQ(path.steps[2].index, 2u);
  EXPECT_EQ(path.steps[3].key, "x/y");
  EXPECT_FALSE(path.reserved);
  EXPECT_TRUE(split_path("$stream").reserved);
  // A column that no name could have made is one key.
  const Path odd = split_path("not a name");
  ASSERT_EQ(odd.steps.size(), 1u);
  EXPECT_EQ(odd.steps[0].key, "not a name");
}

TEST(Path, MistakesSayWhatToWrite) {
  for (const char* text : {"", "a.", "a..b", "[0]", "a[", "a[0", "a[x]", "a[\"x\"", "1a", "a b",
                           "-a", "$", "$[\"a\"]", "a['x']", "a[99999999999]", "a]"}) {
    EXPECT_FALSE(parse_name(text)) << text;
  }
  EXPECT_THAT(parse_name("user name").error().message(), testing::HasSubstr(R"(["user name"])"));
  std::string long_name(kMaxNameBytes + 1, 'a');
  EXPECT_FALSE(parse_name(long_name));
  std::string deep = "a";
  for (std::size_t i = 0; i < kMaxNameSteps; ++i) deep += ".a";
  EXPECT_FALSE(parse_name(deep));
}

TEST(Path, LastPartNamesALabel) {
  EXPECT_EQ(last_part(split_path("$k8s.namespace")), "namespace");
  EXPECT_EQ(last_part(split_path("level")), "level");
  EXPECT_EQ(last_part(split_path("tags[0]")), "tags_0");
  EXPECT_EQ(last_part(split_path("a.tags[0][1]")), "tags_0_1");
  EXPECT_EQ(last_part(split_path(R"(a["x/y"])")), "x/y");
}

TEST(Names, HaveOneSource) {
  const std::pair<const char*, NameKind> cases[] = {
      {"level", NameKind::field},
      {"body", NameKind::field},
      {"$body", NameKind::body},
      {"$time", NameKind::time},
      {"$tenant", NameKind::tenant},
      {"$signal", NameKind::signal},
      {"$source", NameKind::source},
      {"$host.name", NameKind::host},
      {"$label.app", NameKind::label},
      {"$meta.trace_id", NameKind::metadata},
      {"$stream", NameKind::row},
      {"$error", NameKind::row},
      {"$severity", NameKind::row},
      {"$file.path", NameKind::attribute},
      {"$peer.address", NameKind::attribute},
      {"$syslog.severity", NameKind::attribute},
      {R"($resource["service.name"])", NameKind::attribute},
  };
  for (const auto& [text, kind] : cases) {
    const auto name = compile_reference(text);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(name->kind, kind) << text;
    EXPECT_EQ(name->text, text);
  }
  EXPECT_EQ(compile_reference(R"($k8s.labels["a/b"])")->key, R"(k8s.labels["a/b"])");
  EXPECT_EQ(compile_reference("$meta[\"a.b\"]")->key, "a.b");
}

TEST(FieldName, IsABareName) {
  const auto field = FieldName::compile("a.b[0]");
  ASSERT_TRUE(field);
  EXPECT_EQ(field->name(), "a.b[0]");
  EXPECT_EQ(field->path().steps.size(), 3u);
  const auto braced = FieldName::compile("{ts}");
  ASSERT_FALSE(braced);
  EXPECT_THAT(braced.error().front().hint, testing::HasSubstr("without braces here: ts"));
  EXPECT_TRUE(FieldName().empty());
}

}  // namespace
}  // namespace pipeline
