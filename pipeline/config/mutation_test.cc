#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "pipeline/config/canonical.h"
#include "pipeline/config/effective.h"
#include "pipeline/config/fake_files.h"
#include "pipeline/config/load.h"
#include "pipeline/config/test_components.h"

namespace pipeline {
namespace {

constexpr std::string_view kValid = R"(agent: {memory: 64MiB, labels: {host: "{$host.name}"}}
x-paths: &paths [/var/log/a.log, '/var/log/*.log']
sources:
  app: {type: file, include: *paths, ignore_older: 7h, depth: 3, labels: {a: "${A:-x}"}}
  b:
    include:
      - /x
    steps: [{size: 1MiB, age: 2h}, {age: 1m}]
pipelines:
  app:
    from: [app]
    transforms:
      - json
      - drop: 'level == "debug" and it''s'
      - keep: >-
          status >= 500
          or exists(trace_id)
sinks:
  loki:
    url: "http://${HOST:-localhost}:3100/\u00e4"
    auth: {basic: {username: me, password: '${file:/k}'}}
    tenant: |
      äöü
)";

// Whatever the bytes: no crash, and either errors or a tree that can be used.
TEST(Mutations, NeverCrashTheLoader) {
  constexpr int kRounds = 4000;
  constexpr std::string_view kPieces[] = {"{",
                                          "}",
                                          "[",
                                          "]",
                                          ":",
                                          "- ",
                                          "'",
                                          "\"",
                                          "\n",
                                          "  ",
                                          "\t",
                                          "*a",
                                          "&a ",
                                          "!t ",
                                          "<<: ",
                                          "${",
                                          "$${A}",
                                          "|\n",
                                          ">-\n",
                                          "\x80",
                                          "\xEF\xBB\xBF",
                                          std::string_view("\0", 1),
                                          "#",
                                          "%",
                                          "?",
                                          "---\n",
                                          "\\",
                                          "\r\n"};
  std::mt19937 random(20260102);  // NOLINT(cert-msc51-cpp): the same mutations on every run
  const auto upto = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  FakeFiles files;
  files.put("/k", "secret\n");
  std::size_t usable = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string text(kValid);
    for (std::size_t edits = 1 + upto(4); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = upto(text.size());
      switch (upto(4)) {
        case 0:
          text.erase(at, 1 + upto(8));
          break;
        case 1:
          text.insert(at, kPieces[upto(std::size(kPieces))]);
          break;
        case 2:
          text[at] = static_cast<char>(upto(256));
          break;
        default:
          text.insert(upto(text.size()), text.substr(at, upto(30)));
          break;
      }
    }
    Diagnostics diagnostics;
    const Loaded loaded =
        load_texts({std::make_shared<const SourceText>("m.yaml", text)}, diagnostics);
    Substitution substitution([](const std::string&) { return std::optional<std::string>(); },
                              files);
    DecodeContext context(diagnostics, substitution);
    const auto file_schema = test::file_schema();
    const auto loki_schema = test::loki_schema();
    for (const auto& [section, is_source] :
         {std::pair{"sources", true}, std::pair{"sinks", false}}) {
      const Node* components = loaded.root.find(section);
      if (components == nullptr) continue;
      for (const auto& entry : components->entries) {
        const auto scope = context.component(entry.key, {"type"}, entry.key_where);
        test::FileConfig source;
        test::LokiConfig sink;
        if (is_source)
          (void)file_schema.decode(entry.value, source, context);
        else
          (void)loki_schema.decode(entry.value, sink, context);
        for (const Node::Entry& option : entry.value.entries) {
          for (std::size_t i = 0; i < option.value.text.size() + 2; i += 3)
            (void)locate(option.value, i, 2);
        }
      }
    }
    (void)canonical_text(loaded.root, nullptr, substitution);
    (void)print_effective(loaded.root, substitution, [&](std::string_view path) {
      return path == "sinks.loki" ? loki_schema.view().get() : nullptr;
    });
    (void)diagnostics.to_text(true);
    (void)diagnostics.to_json();
    (void)diagnostics.to_sarif();
    if (!diagnostics.has_errors()) ++usable;
    EXPECT_TRUE(loaded.is_complete || diagnostics.has_errors()) << text;
  }
  EXPECT_GT(usable, 100U);
}

}  // namespace
}  // namespace pipeline
