#include <array>

#include "pipeline/config/codes.h"

namespace pipeline {
namespace {

// clang-format off
constexpr auto kCodes = std::to_array<CodeInfo>({
    {"W-body", "the line is shipped as it was read",
     "remove, rename and set change fields; the sink downstream ships the raw line, which still holds what was there before. `encode` writes the fields back into the line.",
     "transforms:\n  - json\n  - remove: [password]",
     "transforms:\n  - json\n  - remove: [password]\n  - encode: json"},
    {"W-constant-label", "a constant text that looks like a field",
     "`labels: {level: level}` sets the text \"level\" on every record. The field's value is \"{level}\" in the map form, or the list form.",
     "- labels: {level: level}",
     "- labels: [level]"},
    {"W-coupled", "one sink can stop another",
     "With `when_full: block` on more than one way out of a source that cannot be re-read, a sink that is down holds the source, and with it the other sinks. A disk queue on the sink, or drop_newest on the edge, uncouples them.",
     "pipelines:\n  push: {from: [push], to: [loki, archive]}",
     "pipelines:\n  push: {from: [push], to: [loki, {to: archive, when_full: drop_newest}]}"},
    {"W-memory", "the memory budget is close to the container's limit",
     "agent.memory bounds batches, queues and caches, not code and stacks. Above three quarters of the cgroup's memory.max the kernel may end the agent under load.",
     "agent: {memory: 120MiB}   # in a container of 128MiB",
     "agent: {memory: 64MiB}"},
    {"W-multiline", "multiline behind a parser",
     "multiline joins lines; behind json, logfmt or regex the fields were taken from the pieces already.",
     "transforms: [json, multiline: {start: '^\\S'}]",
     "transforms: [multiline: {start: '^\\S'}, json]"},
    {"W-name", "`name` and `when` of a transform are not keys of its map",
     "Every transform takes `when` and `name` inside its map. Where the map's keys are the user's own (labels, set), a key of that name needs the long form.",
     "- set: {name: app}",
     "- set: {fields: {name: app}}"},
    {"W-no-route", "records may end on no edge",
     "Every edge of this pipeline has a `when` and none is `else: true`: records that no edge takes are dropped and counted as no_route.",
     "to: [{to: audit, when: 'team == \"pay\"'}]",
     "to: [{to: audit, when: 'team == \"pay\"'}, {to: loki, else: true}]"},
    {"W-own-output", "a source reads what a sink writes",
     "The path of a file sink matches the include of a source that feeds it: every record would come back.",
     "sources:\n  all: {type: file, include: [/data/*]}\nsinks:\n  out: {type: file, path: /data/out.jsonl}",
     "sources:\n  all: {type: file, include: [/data/*], exclude: [/data/out.jsonl]}"},
    {"W-positions", "stored positions that nobody uses",
     "The configuration no longer has the source that these positions belong to. A renamed source starts afresh unless it says `was: OLD`.",
     "sources:\n  web: {type: file, include: [/var/log/app/*.log]}   # was called app",
     "sources:\n  web: {type: file, include: [/var/log/app/*.log], was: app}"},
    {"W-redact-order", "labels are taken before the redaction",
     "labels and structured_metadata in front of redact keep the values that redact would hide.",
     "transforms: [json, labels: [user], redact: [email]]",
     "transforms: [redact: [email], json, labels: [user]]"},
    {"W-secret-mode", "others can read a secret's file",
     "The file of a `${file:PATH}` secret is readable by its group or by everybody.",
     "# ls -l: -rw-r--r-- /etc/sluice/token",
     "# chmod 600 /etc/sluice/token"},
    {"W-unused", "a component that nobody uses",
     "No pipeline reads this source, feeds this sink or uses this group.",
     "sources:\n  app: {type: stdin}\n  old: {type: stdin}\npipelines:\n  app: {from: [app], to: [loki]}",
     "sources:\n  app: {type: stdin}\npipelines:\n  app: {from: [app], to: [loki]}"},
});
// clang-format on

}  // namespace

std::span<const CodeInfo> warning_codes() { return kCodes; }

}  // namespace pipeline
