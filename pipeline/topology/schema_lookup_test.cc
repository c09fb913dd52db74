#include "pipeline/topology/schema_lookup.h"

#include <gtest/gtest.h>

#include "pipeline/topology/fake_plugins.h"

namespace pipeline {
namespace {

TEST(SchemaLookup, FindsTheSchemaOfEachMap) {
  Diagnostics diagnostics;
  const Loaded loaded = load_texts(
      {std::make_shared<const SourceText>(
          "a.yaml",
          "sources: {app: {type: lines}, odd: {type: nothing}}\nsinks: {out: {type: keep}}\n")},
      diagnostics);
  const SchemaAt at = schema_lookup(loaded.root, fake::plugins());
  const auto name = [&](std::string_view path) {
    return at(path) != nullptr ? at(path)->name : "none";
  };
  EXPECT_EQ(name("agent"), "agent");
  EXPECT_EQ(name("sources.app"), "lines");
  EXPECT_EQ(name("sources.odd"), "none");
  EXPECT_EQ(name("sinks.out"), "keep");
  EXPECT_EQ(name("pipelines.app"), "pipeline");
  EXPECT_EQ(name("pipelines.app.to[1]"), "edge");
  EXPECT_EQ(name("pipelines.app.transforms[0].cut"), "cut");
  EXPECT_EQ(name("groups.clean[2].tag"), "tag");
  EXPECT_EQ(name("pipelines.app.from"), "none");
}

TEST(SchemaLookup, TheJsonSchemaNamesEveryPlugin) {
  const std::string json = configuration_json_schema(fake::plugins());
  for (const char* text : {R"("type":{"const":"lines"})", R"("cut":)", R"("type":{"const":"keep"})",
                           R"("data_dir")", R"("drop_newest")"})
    EXPECT_NE(json.find(text), std::string::npos) << text;
}

}  // namespace
}  // namespace pipeline
