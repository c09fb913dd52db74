#include "pipeline/topology/read_plan.h"

#include <gtest/gtest.h>

#include "pipeline/topology/fake_plugins.h"

namespace pipeline {
namespace {

using fake::read;
using fake::Reading;

// A configuration around a pipeline's lines.
std::string with_pipeline(const std::string& lines, const std::string& more = "") {
  return "sources:\n  app: {type: lines, include: [/var/log/*.log]}\npipelines:\n  app:\n    from: "
         "[app]\n" +
         lines +
         "sinks:\n  loki: {type: out, url: http://loki, labels: {job: app}}\n  disk: {type: "
         "keep}\n" +
         more;
}

std::vector<std::string> ids(const Reading& reading) {
  std::vector<std::string> all;
  if (!reading.plan) return {reading.diagnostics.to_text()};
  for (const Plan::Transform& each : reading.plan->pipelines.at(0).transforms)
    all.push_back(each.id);
  return all;
}

TEST(ReadPlan, NumbersTransformsOfOneTypeAroundGivenNames) {
  const Reading reading = read(
      with_pipeline("    transforms:\n      - parse\n      - cut: 'a == 1'\n      - cut: 'a == 2'\n"
                    "      - cut: {condition: 'a == 3', name: health}\n      - parse:\n      - "
                    "parse: {}\n    to: [loki]\n"));
  EXPECT_EQ(ids(reading),
            (std::vector<std::string>{"pipeline/app/parse", "pipeline/app/cut",
                                      "pipeline/app/cut.2", "pipeline/app/health",
                                      "pipeline/app/parse.2", "pipeline/app/parse.3"}));
}

TEST(ReadPlan, PutsGroupsInPlace) {
  const Reading reading = read(with_pipeline(
      "    transforms: [use: outer, cut: 'b == 1']\n    to: [loki]\n",
      "groups:\n  outer: [parse, use: inner]\n  inner: [cut: 'a == 1', {tag: {x: 'y'}}]\n"));
  EXPECT_EQ(ids(reading), (std::vector<std::string>{"pipeline/app/parse", "pipeline/app/cut",
                                                    "pipeline/app/tag", "pipeline/app/cut.2"}));
}

TEST(ReadPlan, WhenAndNameStandInsideATransform) {
  const Reading reading =
      read(with_pipeline("    transforms:\n      - tag: {svc: '{service}', when: 'level == "
                         "\"info\"', name: svc}\n    to: [loki]\n"));
  ASSERT_TRUE(reading.plan) << reading.diagnostics.to_text();
  const Plan::Transform& tag = reading.plan->pipelines[0].transforms[0];
  EXPECT_EQ(tag.id, "pipeline/app/svc");
  ASSERT_TRUE(tag.when);
  EXPECT_EQ(tag.when->text(), "level == \"info\"");
}

TEST(ReadPlan, EdgesHaveConditionsAndPolicies) {
  const Reading reading =
      read(with_pipeline("    when_full: drop_oldest\n    to:\n      - {to: loki, when: 'level == "
                         "\"error\"', when_full: drop_newest}\n"
                         "      - {to: disk, else: true}\n"));
  ASSERT_TRUE(reading.plan) << reading.diagnostics.to_text();
  const Plan::Pipeline& app = reading.plan->pipelines[0];
  ASSERT_EQ(app.edges.size(), 2u);
  EXPECT_EQ(app.when_full, WhenFull::drop_oldest);
  EXPECT_EQ(app.edges[0].to, "loki");
  EXPECT_TRUE(app.edges[0].when);
  EXPECT_EQ(app.edges[0].when_full, WhenFull::drop_newest);
  EXPECT_TRUE(app.edges[1].is_else);
  EXPECT_FALSE(app.edges[1].when_full);
}

TEST(ReadPlan, FromTakesOneNameAListOrOneSignal) {
  const Reading reading = read(
      "sources:\n  push: {type: push}\n  app: {type: lines, include: [/a]}\npipelines:\n"
      "  one: {from: app, to: disk}\n  two: {from: [push.logs, app], to: [disk]}\nsinks:\n  disk: "
      "{type: keep}\n");
  ASSERT_TRUE(reading.plan) << reading.diagnostics.to_text();
  EXPECT_EQ(reading.plan->pipelines[0].from[0].source, "app");
  EXPECT_FALSE(reading.plan->pipelines[0].from[0].signal);
  EXPECT_EQ(reading.plan->pipelines[1].from[0].source, "push");
  EXPECT_EQ(reading.plan->pipelines[1].from[0].signal, Signal::logs);
  EXPECT_EQ(reading.plan->pipelines[1].edges[0].to, "disk");
}

TEST(ReadPlan, KeepsTheOldNameOfASource) {
  const Reading reading = read(
      "sources: {web: {type: lines, include: [/a], was: app}}\npipelines: {p: {from: web, to: "
      "disk}}\n"
      "sinks: {disk: {type: keep}}\n");
  ASSERT_TRUE(reading.plan) << reading.diagnostics.to_text();
  EXPECT_EQ(reading.plan->sources[0].was, "app");
}

TEST(ReadPlan, CanonicalTextsDoNotSeeSpelling) {
  const Reading a = read(with_pipeline("    transforms: [parse, cut: 'a == 1']\n    to: [loki]\n"));
  const Reading b = read(
      "# the same\nsinks:\n  loki: {labels: {job: \"app\"}, url: 'http://loki', type: out}\n  "
      "disk: {type: keep}\n"
      "pipelines:\n  app: {to: loki, from: app, transforms: [{parse: {}}, {cut: \"a == 1\"}]}\n"
      "sources:\n  app:\n    include: ['/var/log/*.log']\n    type: lines\n");
  ASSERT_TRUE(a.plan && b.plan) << a.diagnostics.to_text() << b.diagnostics.to_text();
  EXPECT_EQ(a.plan->sources[0].canonical, b.plan->sources[0].canonical);
  EXPECT_EQ(a.plan->pipelines[0].canonical, b.plan->pipelines[0].canonical);
  EXPECT_EQ(a.plan->sink("loki")->canonical, b.plan->sink("loki")->canonical);
}

TEST(ReadPlan, CanonicalTextsFollowTheEnvironment) {
  const std::string text = with_pipeline("    to: [loki]\n");
  const std::string dynamic =
      "sources:\n  app: {type: lines, include: [/var/log/*.log]}\npipelines:\n  app: {from: app, "
      "to: loki}\n"
      "sinks:\n  loki: {type: out, url: \"${URL}\", labels: {job: app}}\n";
  const auto at = [](std::string url) {
    return [url = std::move(url)](const std::string&) -> std::optional<std::string> { return url; };
  };
  const Reading one = read(dynamic, at("http://loki")), two = read(dynamic, at("http://other"));
  ASSERT_TRUE(one.plan && two.plan) << one.diagnostics.to_text();
  EXPECT_EQ(one.plan->sinks[0].canonical, read(text).plan->sink("loki")->canonical);
  EXPECT_NE(one.plan->sinks[0].canonical, two.plan->sinks[0].canonical);
  EXPECT_EQ(one.plan->sinks[0].canonical_encoding, two.plan->sinks[0].canonical_encoding)
      << "where it is sent does not change what is sent";
}

TEST(ReadPlan, ResolvesTheAgent) {
  ReadOptions options;
  options.host_name = "box";
  options.resources = {
      .memory_limit = 128ull << 20, .memory_total = 1ull << 40, .cpu_quota = 2.0, .cores = 32};
  const std::string rest = with_pipeline("    to: [loki]\n");
  const Reading reading = read(
      "agent: {data_dir: /data, labels: {host: '{$host.name}', region: eu}, ready_when: "
      "sinks_reachable}\n" +
          rest,
      {}, options);
  ASSERT_TRUE(reading.plan) << reading.diagnostics.to_text();
  const AgentOptions& agent = reading.plan->agent;
  EXPECT_EQ(agent.admin, "unix:/data/admin.sock");
  EXPECT_EQ(agent.listen, "127.0.0.1:8465");
  EXPECT_EQ(agent.memory, 64ull << 20);
  EXPECT_EQ(agent.lanes, 2u);
  EXPECT_TRUE(agent.ready_when_sinks_reachable);
  EXPECT_EQ(agent.labels, (std::vector<Label>{{"host", "box"}, {"region", "eu"}}));
  const Reading other =
      read("agent: {data_dir: /data, memory: 64MiB, lanes: 1}\n" + rest, {}, options);
  ASSERT_TRUE(other.plan) << other.diagnostics.to_text();
  EXPECT_EQ(other.plan->canonical_agent_fixed, reading.plan->canonical_agent_fixed);
}

TEST(ReadPlan, ExcludeSelfIsTheSourcesDefault) {
  const auto excludes = [](const std::string& agent, const std::string& source) {
    const Reading reading =
        read(agent + "sources: {app: {type: lines, include: [/a]" + source +
             "}}\npipelines: {p: {from: app, to: disk}}\nsinks: {disk: {type: keep}}\n");
    if (!reading.plan) ADD_FAILURE() << reading.diagnostics.to_text();
    return static_cast<const fake::LinesConfig*>(reading.plan->sources.at(0).config.get())
        ->exclude_self;
  };
  EXPECT_TRUE(excludes("", ""));
  EXPECT_FALSE(excludes("agent: {exclude_self: false}\n", ""));
  EXPECT_TRUE(excludes("agent: {exclude_self: false}\n", ", exclude_self: true"));
}

TEST(ReadPlan, MemoryAboveTheContainersLimitIsAWarning) {
  ReadOptions options;
  options.resources.memory_limit = 128ull << 20;
  const Reading reading =
      read("agent: {memory: 100MiB}\n" + with_pipeline("    to: [loki]\n"), {}, options);
  EXPECT_EQ(reading.codes(), "W-memory W-unused");
  EXPECT_TRUE(reading.plan);
}

TEST(ReadPlan, AFactorysErrorStandsAtItsComponent) {
  const Reading reading =
      read(with_pipeline("    transforms: [parse: {fail: true}]\n    to: [loki]\n"));
  EXPECT_EQ(reading.codes(), "E0219 W-unused");
  EXPECT_NE(reading.diagnostics.to_text().find(
                "a.yaml:6:18: error[E0219]: transform 'parse': told to fail"),
            std::string::npos)
      << reading.diagnostics.to_text();
}

TEST(ReadPlan, StaticModeNeedsNoVariables) {
  const std::string text =
      "agent: {listen: \"${LISTEN}\"}\nsources:\n  app: {type: lines, include: [\"${LOGS}\"]}\n"
      "pipelines:\n  app: {from: app, to: loki}\nsinks:\n  loki: {type: out, url: \"${URL}\", "
      "labels: {job: app}}\n";
  EXPECT_EQ(read(text).codes(), "E0111 E0111 E0111");
  const Reading reading = read(text, {}, {}, true);
  EXPECT_EQ(reading.codes(), "");
  EXPECT_TRUE(reading.plan);
}

}  // namespace
}  // namespace pipeline
