#include <array>

#include "pipeline/config/codes.h"

namespace pipeline {
namespace {

// clang-format off
constexpr auto kCodes = std::to_array<CodeInfo>({
    {"E0201", "there is no component of that name",
     "`from` names sources; `to` names sinks and pipelines; `use` names groups. The name stands nowhere in the configuration.",
     "pipelines:\n  app: {from: [ap], to: [loki]}",
     "pipelines:\n  app: {from: [app], to: [loki]}"},
    {"E0202", "there is no plugin of that type",
     "`sluice plugins` lists the types of sources, transforms and sinks that this build has.",
     "sources:\n  app: {type: tail, include: [/var/log/app.log]}",
     "sources:\n  app: {type: file, include: [/var/log/app.log]}"},
    {"E0203", "a component without a type",
     "Every source and every sink says with `type` which plugin it is.",
     "sinks:\n  loki: {url: http://loki:3100}",
     "sinks:\n  loki: {type: loki, url: http://loki:3100}"},
    {"E0204", "a signal that a component cannot take",
     "Logs, metrics and traces are three signals. A pipeline whose transforms or sinks cannot take one of those that its sources have names the signal it wants.",
     "pipelines:\n  logs: {from: [otlp], to: [loki]}",
     "pipelines:\n  logs: {from: [otlp.logs], to: [loki]}"},
    {"E0205", "a pipeline that leads nowhere",
     "A pipeline ends in `to`, with at least one sink or pipeline.",
     "pipelines:\n  app: {from: [app]}",
     "pipelines:\n  app: {from: [app], to: [loki]}"},
    {"E0206", "a pipeline that nothing feeds",
     "A pipeline has `from`, or another pipeline names it in `to`.",
     "pipelines:\n  app: {to: [loki]}",
     "pipelines:\n  app: {from: [app], to: [loki]}"},
    {"E0207", "pipelines that feed each other in a circle",
     "Pipelines chain through `to` and must not come back to where they began: a record would never end.",
     "pipelines:\n  a: {from: [app], to: [b]}\n  b: {to: [a]}",
     "pipelines:\n  a: {from: [app], to: [b]}\n  b: {to: [loki]}"},
    {"E0208", "a name used twice",
     "Names are unique among pipelines and sinks, because `to` may name both.",
     "pipelines:\n  loki: {from: [app], to: [loki]}\nsinks:\n  loki: {type: loki, url: http://loki:3100}",
     "pipelines:\n  app: {from: [app], to: [loki]}\nsinks:\n  loki: {type: loki, url: http://loki:3100}"},
    {"E0209", "a stream without a label",
     "Loki refuses streams without labels. Every path into a Loki sink must set at least one label always: a constant, a name with a default, or agent.labels.",
     "sinks:\n  loki: {type: loki, url: http://loki:3100}",
     "sinks:\n  loki: {type: loki, url: http://loki:3100, labels: {job: app}}"},
    {"E0210", "two components on one address",
     "Only one component, or the agent itself, can listen on an address.",
     "sources:\n  a: {type: loki, listen: 0.0.0.0:3100}\n  b: {type: loki, listen: 0.0.0.0:3100}",
     "sources:\n  a: {type: loki, listen: 0.0.0.0:3100}\n  b: {type: loki, listen: 0.0.0.0:3101}"},
    {"E0211", "a name that a component cannot have",
     "Names are letters, digits, '_' and '-': they stand in metrics, in component ids and in `from: [otlp.logs]`.",
     "sources:\n  my.app: {type: stdin}",
     "sources:\n  my_app: {type: stdin}"},
    {"E0212", "a transform that cannot be read",
     "One entry of `transforms` is one plugin: `- json`, `- drop: 'EXPR'` or `- json: {…}` with nothing beside it.",
     "transforms:\n  - json:\n    labels: [level]",
     "transforms:\n  - json\n  - labels: [level]"},
    {"E0213", "redacted fields whose line still holds them",
     "`redact: {fields: […]}` behind a parser changes the fields only, and a sink downstream ships the raw line. Write the fields back with `encode`.",
     "transforms:\n  - json\n  - redact: {fields: [email]}",
     "transforms:\n  - json\n  - redact: {fields: [email]}\n  - encode: json"},
    {"E0214", "members of a failover that do not fit together",
     "Undelivered requests move from one member to another, so all have one type and equal encoding options.",
     "sinks:\n  rw: {type: failover, sinks: [loki, mimir]}",
     "sinks:\n  rw: {type: failover, sinks: [mimir_eu, mimir_us]}"},
    {"E0215", "an option that a reload cannot change",
     "data_dir, listen, admin and memory are fixed when the agent starts: restart it.",
     "agent: {memory: 256MiB}   # was 128MiB",
     "agent: {memory: 128MiB}"},
    {"E0216", "a name that these records do not have",
     "Names with `$` are what the agent knows of a record; each source's page lists its own.",
     "labels: {unit: \"{$journal.unit}\"}   # behind a file source",
     "labels: {file: \"{$file.name}\"}"},
});
// clang-format on

}  // namespace

std::span<const CodeInfo> wiring_codes() { return kCodes; }

}  // namespace pipeline
