#include "pipeline/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pipeline/config/canonical.h"
#include "pipeline/config/fake_files.h"

namespace pipeline {
namespace {

std::string codes(const Diagnostics& diagnostics) {
  std::string all;
  for (const auto* entry : diagnostics.sorted()) all += (all.empty() ? "" : " ") + entry->code;
  return all;
}

TEST(Load, FilesAddUp) {
  FakeFiles files;
  files.put("/a.yaml",
            "agent: {memory: 1MiB}\nsources: {a: {type: file}}\ntests: [{name: 1}]\nversion: 1\n");
  files.put(
      "/b.yaml",
      "agent: {lanes: 1}\nsources: {b: {type: file}}\ntests: [{name: 2}]\nversion: 1\nsinks:\n");
  Diagnostics diagnostics;
  const Loaded loaded = load({{"/a.yaml", "/b.yaml"}, {}, {}}, files, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_text();
  EXPECT_TRUE(loaded.is_complete);
  EXPECT_EQ(
      canonical_text(loaded.root),
      R"({"agent":{"lanes":"1","memory":"1MiB"},"sources":{"a":{"type":"file"},"b":{"type":"file"}},"tests":[{"name":"1"},{"name":"2"}]})");
  EXPECT_THAT(loaded.files, testing::ElementsAre("/a.yaml", "/b.yaml"));
}

TEST(Load, AComponentDefinedTwiceNamesBothPlaces) {
  FakeFiles files;
  files.put("/a.yaml", "sinks:\n  loki: {url: a}\n");
  files.put("/b.yaml", "agent: {}\nsinks:\n  loki: {url: b}\n");
  Diagnostics diagnostics;
  (void)load({{"/a.yaml", "/b.yaml"}, {}, {}}, files, diagnostics);
  EXPECT_EQ(diagnostics.to_text(),
            "/b.yaml:3:3: error[E0107]: sink 'loki' is defined in two files\n"
            "   2 | sinks:\n"
            "   3 |   loki: {url: b}\n"
            "     |   ^~~~\n"
            "/a.yaml:2:3: note: the first definition\n"
            "   2 |   loki: {url: a}\n"
            "     |   ^~~~\n"
            "hint: to change it from another file, use --overlay\n");
}

TEST(Load, ADirectoryGivesItsYamlFilesByName) {
  FakeFiles files;
  files.put("/etc/sluice/b.yml", "sinks: {b: {}}\n");
  files.put("/etc/sluice/a.yaml", "sinks: {a: {}}\n");
  files.put("/etc/sluice/.hidden.yaml", "sinks: {h: {}}\n");
  files.put("/etc/sluice/..data/a.yaml", "sinks: {a: {}}\n");
  files.put("/etc/sluice/readme.txt", "not yaml: [");
  Diagnostics diagnostics;
  const Loaded loaded = load({{"/etc/sluice"}, {}, {}}, files, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_text();
  EXPECT_THAT(loaded.files, testing::ElementsAre("/etc/sluice/a.yaml", "/etc/sluice/b.yml"));
}

TEST(Load, WhatIsNotThereIsTold) {
  FakeFiles files;
  files.put("/empty/readme.txt", "");
  files.put("/locked.yaml", "");
  files.entries["/locked.yaml"].readable = false;
  Diagnostics diagnostics;
  const Loaded loaded =
      load({{"/nothing.yaml", "/empty", "/locked.yaml"}, {}, {}}, files, diagnostics);
  EXPECT_EQ(codes(diagnostics), "E0112 E0112 E0112");
  EXPECT_FALSE(loaded.is_complete);
}

TEST(Load, OneBrokenFileDoesNotHideTheOthers) {
  FakeFiles files;
  files.put("/a.yaml", "sinks: {a: {}\n");
  files.put("/b.yaml", "sinks: {b: {}}\nzebra: 1\n");
  Diagnostics diagnostics;
  const Loaded loaded = load({{"/a.yaml", "/b.yaml"}, {}, {}}, files, diagnostics);
  EXPECT_EQ(codes(diagnostics), "E0101 E0102");
  EXPECT_FALSE(loaded.is_complete);
  EXPECT_NE(find_path(loaded.root, "sinks.b"), nullptr);
}

TEST(Load, KeysThatBeginWithXAreTheUsers) {
  FakeFiles files;
  files.put("/a.yaml", "x-paths: &p [/a]\nsources: {a: {include: *p}}\n");
  Diagnostics diagnostics;
  const Loaded loaded = load({{"/a.yaml"}, {}, {}}, files, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_text();
  EXPECT_EQ(loaded.root.find("x-paths"), nullptr);
  EXPECT_EQ(find_path(loaded.root, "sources.a.include[0]")->text, "/a");
}

// RFC 7386, appendix A, as far as a configuration can hold it.
TEST(Overlay, PatchesAsTheRfcSays) {
  struct Case {
    const char* target;
    const char* patch;
    const char* result;
  };
  const Case cases[] = {
      {"{a: b}", "{a: c}", R"({"a":"c"})"},
      {"{a: b}", "{b: c}", R"({"a":"b","b":"c"})"},
      {"{a: b}", "{a: null}", "{}"},
      {"{a: b, b: c}", "{a: null}", R"({"b":"c"})"},
      {"{a: [b]}", "{a: c}", R"({"a":"c"})"},
      {"{a: c}", "{a: [b]}", R"({"a":["b"]})"},
      {"{a: {b: c}}", "{a: {b: d, c: null}}", R"({"a":{"b":"d"}})"},
      {"{a: [{b: c}]}", "{a: [1]}", R"({"a":["1"]})"},
      {"{e: null}", "{a: 1}", R"({"a":"1","e":null})"},
      {"{}", "{a: {bb: {ccc: null}}}", R"({"a":{"bb":{}}})"},
  };
  for (const Case& one : cases) {
    FakeFiles files;
    files.put("/a.yaml", "sinks: {s: " + std::string(one.target) + "}\n");
    files.put("/o.yaml", "sinks: {s: " + std::string(one.patch) + "}\n");
    Diagnostics diagnostics;
    const Loaded loaded = load({{"/a.yaml"}, {"/o.yaml"}, {}}, files, diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_text();
    EXPECT_EQ(canonical_text(*find_path(loaded.root, "sinks.s")), one.result)
        << one.target << " + " << one.patch;
  }
}

TEST(Overlay, ValuesKeepTheirPlace) {
  FakeFiles files;
  files.put("/a.yaml", "sinks:\n  s:\n    url: a\n    tenant: t\n");
  files.put("/o.yaml", "sinks: {s: {url: b}}\n");
  Diagnostics diagnostics;
  const Loaded loaded = load({{"/a.yaml"}, {"/o.yaml"}, {"sinks.s.tenant=u"}}, files, diagnostics);
  EXPECT_EQ(find_path(loaded.root, "sinks.s.url")->where.text(), "/o.yaml:1:18");
  EXPECT_EQ(find_path(loaded.root, "sinks.s.tenant")->where.text(), "--set:1:16");
}

TEST(Set, IsTheLastOverlay) {
  struct Case {
    const char* argument;
    const char* path;
    const char* result;
  };
  const Case cases[] = {
      {"sinks.s.url=http://x:1/?a=b", "sinks.s.url", R"("http://x:1/?a=b")"},
      {"sinks.s.list=[a, b]", "sinks.s.list", R"(["a","b"])"},
      {"sinks.s.list[1]=z", "sinks.s.list", R"(["x","z"])"},
      {"sinks.s.list[0]=null", "sinks.s.list", R"(["y"])"},
      {"sinks.s.batch.bytes=1MiB", "sinks.s.batch", R"({"bytes":"1MiB"})"},
      {"sinks.s={more: 1}", "sinks.s.more", R"("1")"},
      {"sinks.s[\"a.b\"]=1", "sinks.s[\"a.b\"]", R"("1")"},
      {"sinks.s.url='${X}'", "sinks.s.url", R"("${X}")"},
      {"agent.memory=64MiB", "agent.memory", R"("64MiB")"},
  };
  for (const Case& one : cases) {
    FakeFiles files;
    files.put("/a.yaml", "sinks: {s: {url: a, list: [x, y]}}\n");
    Diagnostics diagnostics;
    const Loaded loaded = load({{"/a.yaml"}, {}, {one.argument}}, files, diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_text();
    const Node* node = find_path(loaded.root, one.path);
    ASSERT_NE(node, nullptr) << one.argument;
    EXPECT_EQ(canonical_text(*node), one.result) << one.argument;
  }
}

TEST(Set, NullDeletes) {
  FakeFiles files;
  files.put("/a.yaml", "sinks: {s: {url: a}}\n");
  Diagnostics diagnostics;
  const Loaded loaded =
      load({{"/a.yaml"}, {}, {"sinks.s.url=null", "sinks.s.none="}}, files, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_text();
  EXPECT_TRUE(find_path(loaded.root, "sinks.s")->entries.empty());
}

TEST(Set, MistakesAreShown) {
  for (const char* argument : {"sinks.s.url", "=x", "sinks..s=x", "sinks.s.url.more=x",
                               "sinks.s[0]=x", "[0]=x", "sinks.s.list[7]=x"}) {
    FakeFiles files;
    files.put("/a.yaml", "sinks: {s: {url: a, list: [x]}}\n");
    Diagnostics diagnostics;
    (void)load({{"/a.yaml"}, {}, {argument}}, files, diagnostics);
    EXPECT_EQ(codes(diagnostics), "E0115") << argument;
  }
  FakeFiles files;
  files.put("/a.yaml", "sinks: {}\n");
  Diagnostics diagnostics;
  (void)load({{"/a.yaml"}, {}, {"sinks.s.url=[a"}}, files, diagnostics);
  EXPECT_EQ(diagnostics.sorted().at(0)->code, "E0101");
  EXPECT_EQ(diagnostics.sorted().at(0)->where.source->name(), "--set");
}

}  // namespace
}  // namespace pipeline
