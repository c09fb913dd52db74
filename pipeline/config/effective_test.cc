#include "pipeline/config/effective.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "pipeline/config/canonical.h"
#include "pipeline/config/fake_files.h"
#include "pipeline/config/load.h"
#include "pipeline/config/test_components.h"
#include "pipeline/config/yaml.h"

namespace pipeline {
namespace {

std::optional<std::string> variable(const std::string& name) {
  if (name == "URL") return "http://me:pw@loki:3100/a";
  if (name == "WORD") return "wo: rd";
  return std::nullopt;
}

TEST(Effective, PrintsOriginsAndHidesSecrets) {
  FakeFiles files;
  files.put("/a.yaml",
            "sources:\n  app: {type: file, include: [/a, '${WORD}'], depth: 3}\n"
            "sinks:\n"
            "  loki:\n"
            "    type: loki\n"
            "    url: ${URL}\n"
            "    auth: {basic: {username: me, password: hunter2}}\n"
            "    headers: {X-Key: '${file:/run/k}'}\n"
            "  other: {type: x, token: abc, list: [{a: 1, b: [x]}, z]}\n"
            "pipelines:\n"
            "  app: {from: [app], transforms: [json, sample: 10%]}\n");
  Diagnostics diagnostics;
  const Loaded loaded = load({{"/a.yaml"}, {}, {"sinks.loki.tenant=t"}}, files, diagnostics);
  ASSERT_TRUE(diagnostics.empty()) << diagnostics.to_text();
  Substitution substitution(variable, files);
  const auto loki = test::loki_schema().view();
  const auto file = test::file_schema().view();
  const std::string text =
      print_effective(loaded.root, substitution, [&](std::string_view path) -> const SchemaView* {
        return path == "sinks.loki" ? loki.get() : path == "sources.app" ? file.get() : nullptr;
      });
  EXPECT_EQ(text,
            R"(sources:
  app:
    type: file  # /a.yaml:2
    include: [/a, 'wo: rd']  # /a.yaml:2, env WORD (/a.yaml:2)
    depth: 3  # /a.yaml:2
    start_at: beginning  # default
    ignore_older: 24h  # default
    max_line: 1MiB  # default
    follow: true  # default
    port: 0  # default
    factor: 1.5  # default
    memory: auto  # default
    labels: {}  # default
    steps: []  # default
sinks:
  loki:
    type: loki  # /a.yaml:5
    url: 'http://<secret>@loki:3100/a'  # env URL (/a.yaml:6)
    auth:
      basic:
        username: me  # /a.yaml:7
        password: <secret>  # /a.yaml:7
    headers:
      X-Key: <secret>  # file:/run/k (/a.yaml:8)
    tenant: t  # --set
    compression: snappy  # default
    rotate:
      size: 64MiB  # default
      age: 1h  # default
  other:
    type: x  # /a.yaml:9
    token: <secret>  # /a.yaml:9
    list:
      - a: 1  # /a.yaml:9
        b: [x]  # /a.yaml:9
      - z  # /a.yaml:9
pipelines:
  app:
    from: [app]  # /a.yaml:11
    transforms:
      - json  # /a.yaml:11
      - sample: 10%  # /a.yaml:11
)");
  // What is printed is YAML.
  EXPECT_TRUE(parse_yaml(std::make_shared<const SourceText>("p", text), diagnostics))
      << diagnostics.to_text();
}

TEST(Effective, ScalarsReadBackAsTheyWere) {
  for (const std::string text :
       {"",      "a",     "a b",  "it's",        "null",  "~",    "- x",
        "a: b",  "#x",    "x #y", "line\nbreak", "*a",    "!t",   "@x",
        "`x`",   "%x",    "[a]",  "{b}",         "\"q\"", "10%",  "http://x:1/?a=b",
        "true",  "-",     "a:",   "äö",          "$body", "${X}", "tab\there",
        " lead", "trail "}) {
    Diagnostics diagnostics;
    const auto node =
        parse_yaml(std::make_shared<const SourceText>("p", "k: " + yaml_scalar(text)), diagnostics);
    ASSERT_TRUE(node) << text << diagnostics.to_text();
    EXPECT_TRUE(node->find("k")->is_scalar()) << text;
    EXPECT_EQ(node->find("k")->text, text);
  }
}

Node parse(const std::string& text) {
  Diagnostics diagnostics;
  return parse_yaml(std::make_shared<const SourceText>("a", text), diagnostics).value_or(Node{});
}

TEST(Canonical, FormattingDoesNotCount) {
  const std::string one = canonical_text(parse("a: [x, 'y']\nb: {c: 1, d: 2}  # why\n"));
  EXPECT_EQ(one, canonical_text(parse("b:\n  d: '2'\n  c: 1\na:\n  - x\n  - y\n")));
  EXPECT_NE(one, canonical_text(parse("b: {c: 1, d: 2}\na: [y, x]\n")));
  EXPECT_NE(canonical_text(parse("a: ''")), canonical_text(parse("a:")));
}

TEST(Canonical, VariablesCountByTheirValueAndSecretFilesByTheirName) {
  FakeFiles files;
  files.put("/k", "one\n");
  Substitution substitution(variable, files);
  const auto view = test::loki_schema().view();
  const Node node = parse(
      "{url: '${WORD}', auth: {bearer: '${file:/k}'}, tenant: '${file:/k}', headers: {a: "
      "'${file:/k}'}}");
  EXPECT_EQ(
      canonical_text(node, view.get(), substitution),
      R"({"auth":{"bearer":"${file:/k}"},"headers":{"a":"${file:/k}"},"tenant":"one","url":"wo: rd"})");
}

}  // namespace
}  // namespace pipeline
