#include <array>

#include "pipeline/config/codes.h"

namespace pipeline {
namespace {

// clang-format off
constexpr auto kCodes = std::to_array<CodeInfo>({
    {"E0101", "the file is not valid YAML",
     "The text could not be read as YAML from this place on; what follows was not looked at. The usual causes are a missing space after ':', indentation that does not fit, a tab, and a value that begins with a character that means something in YAML. Quote such values; write expressions in single quotes or as a block.",
     "sinks:\n  loki: {type: loki, url: ${LOKI_URL}}",
     "sinks:\n  loki: {type: loki, url: \"${LOKI_URL}\"}"},
    {"E0102", "there is no option of that name",
     "Every key is checked, in every component and every group of options, so that a misspelt option is never ignored. `sluice explain PLUGIN` lists all options of a plugin with their types and defaults. Top-level keys that begin with `x-` are yours.",
     "sources:\n  app: {type: file, incldue: [/var/log/app/*.log]}",
     "sources:\n  app: {type: file, include: [/var/log/app/*.log]}"},
    {"E0103", "a value of the wrong shape",
     "The option takes a single value, a list or a map, and something else stands there. In YAML `{name}` without quotes is a map and `[a]` is a list: quote them where text is meant.",
     "sources:\n  app: {type: file, include: /var/log/app.log}",
     "sources:\n  app: {type: file, include: [/var/log/app.log]}"},
    {"E0104", "a value that its type cannot be read from",
     "Durations, sizes and rates carry a unit (15s, 128MiB, 1000/s); only 0 needs none. Ratios are 0.1 or 10%. Booleans are true and false: yes, no, on and off are text.",
     "sources:\n  node: {type: host, interval: 15}",
     "sources:\n  node: {type: host, interval: 15s}"},
    {"E0105", "a required option is missing",
     "The component cannot work without this option and there is no sensible default for it.",
     "sources:\n  app: {type: file}",
     "sources:\n  app: {type: file, include: [/var/log/app/*.log]}"},
    {"E0106", "a word that is none of the allowed ones",
     "The option takes one of a few words, in exactly this spelling.",
     "sinks:\n  archive: {type: file, path: /archive/a.jsonl, compression: lz4}",
     "sinks:\n  archive: {type: file, path: /archive/a.jsonl, compression: zstd}"},
    {"E0107", "something is defined in two files",
     "Several files are added up: each component and each agent option stands in exactly one of them. To change a value of another file, use an overlay (`--overlay FILE`) or `--set`.",
     "# a.yaml\nsinks: {loki: {type: loki, url: http://a:3100}}\n# b.yaml\nsinks: {loki: {type: loki, url: http://b:3100}}",
     "# a.yaml\nsinks: {loki: {type: loki, url: http://a:3100}}\n# b.yaml\nsinks: {loki_b: {type: loki, url: http://b:3100}}"},
    {"E0108", "a key stands twice in one map",
     "YAML leaves open which of the two counts, so neither does.",
     "agent:\n  memory: 64MiB\n  memory: 128MiB",
     "agent:\n  memory: 128MiB"},
    {"E0109", "a value outside the range",
     "The value is understood but the option does not allow it; the message names the range.",
     "sources:\n  node: {type: host, interval: 0}",
     "sources:\n  node: {type: host, interval: 15s}"},
    {"E0110", "options that do not go together",
     "Each option is right by itself, but the component cannot do what they say together. The message names the options and what to change.",
     "sinks:\n  loki:\n    type: loki\n    url: http://loki:3100\n    auth: {bearer: a, basic: {username: b, password: c}}",
     "sinks:\n  loki:\n    type: loki\n    url: http://loki:3100\n    auth: {basic: {username: b, password: c}}"},
    {"E0111", "an environment variable is not set",
     "${NAME} must be set where the agent and `sluice check` run. `${NAME:-default}` gives a default, also for an empty variable. In CI, `sluice check --static` lists the variables instead.",
     "sinks:\n  loki: {type: loki, url: \"${LOKI_URL}\"}",
     "sinks:\n  loki: {type: loki, url: \"${LOKI_URL:-http://127.0.0.1:3100}\"}"},
    {"E0112", "a file cannot be read",
     "A configuration file, a directory of them, or a `${file:PATH}` in a value could not be read. `sluice check --static` does not open the files of values.",
     "sinks:\n  loki: {type: loki, url: http://loki:3100, auth: {bearer: \"${file:/no/such/file}\"}}",
     "sinks:\n  loki: {type: loki, url: http://loki:3100, auth: {bearer: \"${file:/etc/sluice/token}\"}}"},
    {"E0113", "a part of YAML that Sluice does not take",
     "Merge keys (<<), tags (!name), several documents in one file and keys that are maps or lists are refused: they hide where a value comes from. Anchors and aliases for whole values work inside a file.",
     "sinks:\n  b:\n    <<: *a",
     "sinks:\n  b: {type: loki, url: http://b:3100}"},
    {"E0114", "the configuration is too large or nested too deeply",
     "A file may have 16 MiB and 200,000 values, aliases expanded, nested 64 deep.",
     "a: &a [x, x]\nb: &b [*a, *a]   # and so on, thirty times",
     "a: [x, x]"},
    {"E0115", "a --set or overlay that does not fit",
     "`--set PATH=VALUE` takes a path such as sinks.loki.url or pipelines.app.to[0] and a YAML value. An overlay is a map that is merged as RFC 7386 says: maps merge, lists and single values replace, null deletes.",
     "--set sinks.loki.url",
     "--set sinks.loki.url=http://loki:3100"},
    {"E0116", "a configuration of another version",
     "`version: 1` is the only one so far. A file for a later version needs a later Sluice.",
     "version: 2",
     "version: 1"},
    {"E0117", "an option without a value",
     "The key stands there and nothing behind it. Leave the key out for the default, or write \"\" for empty text.",
     "sinks:\n  loki: {type: loki, url: http://loki:3100, tenant: }",
     "sinks:\n  loki: {type: loki, url: http://loki:3100, tenant: team-a}"},
    {"E0118", "a ${…} that is no reference",
     "References are ${NAME}, ${NAME:-default}, ${NAME:?message} and ${file:PATH}. `$${` is a literal `${`. ${1} and the like stay as they are.",
     "tenant: ${TENANT:=main}",
     "tenant: ${TENANT:-main}"},
});
// clang-format on

}  // namespace

std::span<const CodeInfo> option_codes() { return kCodes; }

}  // namespace pipeline
