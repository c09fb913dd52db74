#include "pipeline/topology/wiring.h"

#include <gtest/gtest.h>

#include "pipeline/topology/fake_plugins.h"

namespace pipeline {
namespace {

struct Case {
  const char* rule;
  std::string text;
  const char* codes;  // in the order of the file
};

// Sources and sinks that most cases share; each names its pipelines. Unused ones only matter where
// the rule is about them.
std::string configure(const std::string& pipelines, const std::string& labels = "{job: app}") {
  return "sources:\n  app: {type: lines, include: [/var/log/app/*.log]}\npipelines:\n" + pipelines +
         "sinks:\n  loki: {type: out, url: http://loki, labels: " + labels + "}\n";
}

void run(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    const fake::Reading reading = fake::read(each.text);
    EXPECT_EQ(reading.codes(), each.codes) << each.rule << '\n' << reading.diagnostics.to_text();
    EXPECT_EQ(reading.plan.has_value(), !reading.diagnostics.has_errors()) << each.rule;
  }
}

TEST(Wiring, NamesAndEnds) {
  run({
      {"a simple pipeline is fine", configure("  p: {from: app, to: loki}\n"), ""},
      {"an unknown source makes no other one unused", configure("  p: {from: ap, to: loki}\n"),
       "E0201"},
      {"an unknown sink, likewise", configure("  p: {from: app, to: lok}\n"), "E0201"},
      {"a pipeline is no source",
       configure("  p: {from: app, to: loki}\n  q: {from: p, to: loki}\n"), "E0201"},
      {"a pipeline without a start", configure("  p: {from: app, to: loki}\n  q: {to: loki}\n"),
       "E0206"},
      {"a target needs no `from`", configure("  p: {from: app, to: q}\n  q: {to: loki}\n"), ""},
      {"a pipeline without an end", configure("  p: {from: app, to: loki}\n  q: {from: app}\n"),
       "E0205"},
      {"a ring", configure("  p: {from: app, to: [q, loki]}\n  q: {to: p}\n"), "E0207"},
      {"one name for two", configure("  p: {from: app, to: loki}\n  loki: {from: app, to: loki}\n"),
       "E0207 E0208"},
      {"`when` on every edge", configure("  p: {from: app, to: [{to: loki, when: 'a == 1'}]}\n"),
       "W-no-route"},
      {"`else` catches the rest",
       configure("  p: {from: app, to: [{to: loki, when: 'a == 1'}, {to: q, else: true}]}\n  q: "
                 "{to: loki}\n"),
       ""},
      {"a broken pipeline makes nothing unused",
       configure("  p: {from: app, transforms: [prase], to: lok}\n"), "E0202 E0201"},
  });
}

TEST(Wiring, LabelsOnEveryWay) {
  run({
      {"the sink's own", configure("  p: {from: app, to: loki}\n"), ""},
      {"none at all", configure("  p: {from: app, to: loki}\n", "{}"), "E0209"},
      {"one that may be missing", configure("  p: {from: app, to: loki}\n", "[level]"), "E0209"},
      {"one with a default", configure("  p: {from: app, to: loki}\n", "{level: '{level|none}'}"),
       ""},
      {"the source's",
       "sources:\n  app: {type: lines, include: [/a], labels: {job: x}}\npipelines:\n"
       "  p: {from: app, to: loki}\nsinks:\n  loki: {type: out, url: http://loki}\n",
       ""},
      {"a transform's",
       configure("  p: {from: app, transforms: [tag: {job: x}], to: loki}\n", "{}"), ""},
      {"a transform's behind a condition",
       configure("  p: {from: app, transforms: [tag: {job: x, when: 'a == 1'}], to: loki}\n", "{}"),
       "E0209"},
      {"another label on each way",
       configure("  p: {from: app, to: [{to: q, when: 'a == 1'}, {to: r, else: true}]}\n"
                 "  q: {transforms: [tag: {a: x}], to: loki}\n  r: {transforms: [tag: {b: x}], to: "
                 "loki}\n",
                 "{}"),
       ""},
      {"none on one of two ways",
       configure("  p: {from: app, to: [{to: q, when: 'a == 1'}, {to: loki, else: true}]}\n"
                 "  q: {transforms: [tag: {a: x}], to: loki}\n",
                 "{}"),
       "E0209"},
      {"one that a later transform may take away",
       configure("  p: {from: app, transforms: [tag: {job: x}, alter: [$label.job]], to: loki}\n",
                 "{}"),
       "E0209"},
      {"the agent's",
       "agent: {labels: {host: '{$host.name}'}}\n" +
           configure("  p: {from: app, to: loki}\n", "{}"),
       ""},
      {"an agent label of the record",
       "agent: {labels: {level: '{level}'}}\n" + configure("  p: {from: app, to: loki}\n", "{}"),
       "E0221"},
  });
}

TEST(Wiring, SignalsThatFit) {
  const auto push = [](const std::string& from, const std::string& transforms) {
    return "sources:\n  otlp: {type: push}\npipelines:\n  p: {from: " + from + ", transforms: [" +
           transforms + "], to: disk}\nsinks:\n  disk: {type: keep}\n";
  };
  run({
      {"everything fits", push("otlp", ""), ""},
      {"a transform of logs only", push("otlp", "parse"), "E0204 E0204"},
      {"one signal", push("otlp.logs", "parse"), ""},
      {"the wrong signal", push("otlp.traces", "parse"), "E0204"},
      {"a signal that nobody knows", push("otlp.log", ""), "E0204"},
      {"a signal that the source does not have",
       "sources:\n  app: {type: lines, include: [/a]}\npipelines:\n  p: {from: app.metrics, to: "
       "disk}\n"
       "sinks:\n  disk: {type: keep}\n",
       "E0204"},
  });
}

TEST(Wiring, DollarNames) {
  run({
      {"the source's",
       configure("  p: {from: app, transforms: [cut: '$file.path == \"x\"'], to: loki}\n"), ""},
      {"a misspelt one",
       configure("  p: {from: app, transforms: [cut: '$file.pth == \"x\"'], to: loki}\n"), "E0216"},
      {"another source's",
       configure("  p: {from: app, transforms: [cut: '$peer.address == \"x\"'], to: loki}\n"),
       "E0216"},
      {"in `when`",
       configure(
           "  p: {from: app, transforms: [parse: {when: '$peer.address == \"x\"'}], to: loki}\n"),
       "E0216"},
      {"on an edge",
       configure("  p: {from: app, to: [{to: loki, when: '$peer.x == \"x\"'}, {to: q, else: "
                 "true}]}\n  q: {to: loki}\n"),
       "E0216"},
      {"in a sink", configure("  p: {from: app, to: loki}\n", "{job: app, a: '{$filepath}'}"),
       "E0216"},
      {"general ones",
       configure("  p: {from: app, transforms: [cut: '$label.a == $meta.b and exists($error)'], "
                 "to: loki}\n"),
       ""},
      {"one that a transform made",
       configure("  p: {from: app, transforms: [alter: [$k8s.pod], cut: '$k8s.pod == \"x\"'], to: "
                 "loki}\n"),
       ""},
  });
}

TEST(Wiring, CoupledSinks) {
  const auto two = [](const std::string& to) {
    return "sources:\n  app: {type: lines, include: [/a]}\n  push: {type: push}\npipelines:\n" +
           to + "sinks:\n  a: {type: keep}\n  b: {type: keep}\n";
  };
  run({
      {"two sinks on block", two("  p: {from: [app, push], to: [a, b]}\n"), "W-coupled"},
      {"one of them may drop",
       two("  p: {from: [app, push], to: [a, {to: b, when_full: drop_newest}]}\n"), ""},
      {"through another pipeline", two("  p: {from: [app, push], to: [a, q]}\n  q: {to: b}\n"),
       "W-coupled"},
      {"pipelines of a replayable source are apart",
       two("  p: {from: app, to: a}\n  q: {from: app, to: b}\n  r: {from: push, to: a}\n"), ""},
      {"pipelines of any other are not",
       two("  p: {from: push, to: a}\n  q: {from: push, to: b}\n  r: {from: app, to: b}\n"),
       "W-coupled"},
      {"a queue that drops holds nobody",
       "sources:\n  app: {type: lines, include: [/a]}\npipelines:\n  p: {from: app, to: [a, "
       "b]}\nsinks:\n"
       "  a: {type: keep}\n  b: {type: out, url: http://b, labels: {x: y}, when_full: "
       "drop_newest}\n",
       ""},
  });
}

TEST(Wiring, LinesThatKeepWhatFieldsLost) {
  const auto with = [](const std::string& transforms) {
    return configure("  p: {from: app, transforms: [" + transforms + "], to: loki}\n");
  };
  run({
      {"a parsed field", with("parse, alter: [password]"), "W-body"},
      {"before any parser", with("alter: [password]"), ""},
      {"written back", with("parse, alter: [password], encode"), ""},
      {"written back too early", with("parse, encode, alter: [password]"), "W-body"},
      {"made for a label", with("parse, alter: [svc], tag: [svc]"), ""},
      {"not of the line", with("parse, alter: [$meta.x]"), ""},
      {"a sink that does not ship the line",
       "sources:\n  app: {type: lines, include: [/a]}\npipelines:\n  p: {from: app, transforms: "
       "[parse, alter: [x]], "
       "to: disk}\nsinks:\n  disk: {type: keep}\n",
       ""},
  });
}

TEST(Wiring, PlacesTakenTwice) {
  const auto listen = [](const std::string& agent, const std::string& a, const std::string& b) {
    return agent + "sources:\n  a: {type: push, listen: '" + a + "'}\n  b: {type: push, listen: '" +
           b + "'}\npipelines:\n  p: {from: [a, b], to: disk}\nsinks:\n  disk: {type: keep}\n";
  };
  const auto loop = [](const std::string& source, const std::string& path) {
    return "sources:\n  app: {type: lines, " + source +
           "}\npipelines:\n  p: {from: app, to: disk}\nsinks:\n" +
           "  disk: {type: keep, path: " + path + "}\n";
  };
  run({
      {"two ports", listen("", "0.0.0.0:3100", "0.0.0.0:3101"), ""},
      {"one port", listen("", "127.0.0.1:3100", "127.0.0.1:3100"), "E0210"},
      {"all addresses", listen("", "127.0.0.1:3100", "0.0.0.0:3100"), "E0210"},
      {"two addresses", listen("", "127.0.0.1:3100", "127.0.0.2:3100"), ""},
      {"udp and tcp", listen("", "udp://0.0.0.0:514", "tcp://0.0.0.0:514"), ""},
      {"the agent's default", listen("", "0.0.0.0:8465", "0.0.0.0:1"), "E0210"},
      {"the agent's own two",
       listen("agent: {listen: ':8465', admin: '127.0.0.1:8465'}\n", ":1", ":2"), "E0210"},
      {"a free choice of the system", listen("", "127.0.0.1:0", "127.0.0.1:0"), ""},
      {"one socket", listen("", "unix:/run/a", "unix:/run/a"), "E0210"},
      {"a file that comes back", loop("include: ['/var/log/**/*.jsonl']", "/var/log/out/a.jsonl"),
       "W-own-output"},
      {"left out",
       loop("include: ['/var/log/*'], exclude: ['/var/log/out.*']", "/var/log/out.jsonl"), ""},
      {"elsewhere", loop("include: ['/var/log/*.log']", "/var/log/sub/out.log"), ""},
      {"a relative path", loop("include: ['./logs/[a-m]?.log']", "logs/b1.log"), "W-own-output"},
  });
}

TEST(Wiring, Shapes) {
  run({
      {"no pipeline", "sources:\n  app: {type: lines, include: [/a]}\n", "E0222"},
      {"a name with a dot", configure("  a.b: {from: app, to: loki}\n"), "E0211"},
      {"two keys in one item",
       configure("  p:\n    from: app\n    transforms:\n      - parse:\n        when: 'a == 1'\n   "
                 " to: loki\n"),
       "E0212"},
      {"two `else`",
       configure("  p: {from: app, to: [{to: loki, else: true}, {to: q, else: true}]}\n  q: {to: "
                 "loki}\n"),
       "E0218"},
      {"`when` and `else`",
       configure("  p: {from: app, to: [{to: loki, else: true, when: 'a == 1'}]}\n"), "E0218"},
      {"a target twice", configure("  p: {from: app, to: [loki, loki]}\n"), "E0218"},
      {"a group inside itself",
       configure("  p: {from: app, transforms: [use: a], to: loki}\n") +
           "groups:\n  a: [use: b]\n  b: [use: a]\n",
       "E0217"},
      {"an unknown group", configure("  p: {from: app, transforms: [use: a], to: loki}\n"),
       "E0201"},
      {"an unused group", configure("  p: {from: app, to: loki}\n") + "groups:\n  a: [parse]\n",
       "W-unused"},
      {"a name given twice",
       configure("  p: {from: app, transforms: [parse: {name: x}, parse: {name: x}], to: loki}\n"),
       "E0208"},
      {"an open admin",
       "agent: {admin: '0.0.0.0:8466'}\n" + configure("  p: {from: app, to: loki}\n"), "E0220"},
      {"an admin with a token",
       "agent: {admin: '0.0.0.0:8466', admin_token: x}\n" +
           configure("  p: {from: app, to: loki}\n"),
       ""},
      {"`name` in a map of labels",
       configure("  p: {from: app, transforms: [tag: {name: app, job: x}], to: loki}\n"), "W-name"},
  });
}

}  // namespace
}  // namespace pipeline
