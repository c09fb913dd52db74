#include <array>

#include "pipeline/config/codes.h"

namespace pipeline {
namespace {

// clang-format off
constexpr auto kCodes = std::to_array<CodeInfo>({
    {"E0301", "an expression that cannot be read",
     "An expression is a comparison (`level == \"error\"`), a function (`exists(trace_id)`), a field that is true or false, or several of them with and, or, not and parentheses.",
     "- drop: 'level = \"debug\"'",
     "- drop: 'level == \"debug\"'"},
    {"E0302", "a spelling of another language",
     "Sluice writes and, or, not, ==, strings in double quotes or backquotes, and names without braces or a leading dot.",
     "- drop: '.level == \"debug\" && !exists(user)'",
     "- drop: 'level == \"debug\" and not exists(user)'"},
    {"E0303", "there is no such function",
     "The functions are exists, lower, len, contains, starts_with, ends_with, cidr and now.",
     "- keep: 'includes($body, \"error\")'",
     "- keep: 'contains($body, \"error\")'"},
    {"E0304", "arguments that a function cannot take",
     "exists(NAME), lower(VALUE), len(VALUE), contains(VALUE, \"TEXT\", …), starts_with and ends_with alike, cidr(VALUE, \"10.0.0.0/8\", …), now() and now(-24h).",
     "- keep: 'exists()'",
     "- keep: 'exists(trace_id)'"},
    {"E0305", "two sides of an operator that do not fit",
     "=~ takes a pattern in quotes; < and the like take numbers, durations, sizes, times or text; a constant compared with a constant is always the same.",
     "- drop: 'level =~ 3'",
     "- drop: 'level =~ \"^(debug|trace)$\"'"},
    {"E0306", "a regular expression that cannot be compiled",
     "Patterns are RE2's: no look-around and no back-references. =~ searches anywhere in the value; ^ and $ anchor it.",
     "- drop: '$body =~ \"(?=x)\"'",
     "- drop: '$body =~ \"x\"'"},
    {"E0307", "a literal written wrongly",
     "Strings: \"…\" with JSON's escapes or `…` raw. Durations: 500ms, 1h30m. Sizes: 10MiB, 64kB.",
     "- keep: 'took > 5sec'",
     "- keep: 'took > 5s'"},
    {"E0308", "a name written wrongly",
     "Names are a.b[0], odd keys a[\"x/y\"], and $ names such as $body or $label.app.",
     "- labels: [a..b]",
     "- labels: [a.b]"},
    {"E0309", "an expression or text that is too large",
     "Nesting, lists and length are bounded, so that a condition stays cheap. Split it into several transforms.",
     "- drop: '((((((((…))))))))'",
     "- drop: 'level == \"debug\"'"},
    {"E0310", "a text whose braces do not fit",
     "{name} is a value, {name|default} a value with a default, {{ a brace. ${NAME} is the environment and is replaced when the configuration is loaded.",
     "- labels: {app: \"{app\"}",
     "- labels: {app: \"{app}\"}"},
    {"E0311", "a label name that is not legal",
     "Labels are letters, digits and '_', and do not begin with a digit.",
     "- labels: {app-name: \"{app}\"}",
     "- labels: {app_name: \"{app}\"}"},
    {"E0312", "two entries that set one label",
     "In the list form the label is the last part of the name; use the map form to name it yourself.",
     "- labels: [http.status, grpc.status]",
     "- labels: {http_status: \"{http.status}\", grpc_status: \"{grpc.status}\"}"},
});
// clang-format on

}  // namespace

std::span<const CodeInfo> expression_codes() { return kCodes; }

}  // namespace pipeline
