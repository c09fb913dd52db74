#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pipeline/config/codes.h"
#include "pipeline/config/diagnostics.h"
#include "pipeline/config/json_text.h"

// The forms of diagnostics that programs read.
namespace pipeline {
namespace {

void append_place(std::string& out, const Location& where) {
  out += R"("file":)" + json_string(where ? where.source->name() : "");
  out +=
      fmt::format(R"(,"line":{},"column":{},"length":{})", where.line, where.column, where.length);
}

// SARIF 2.1.0, section 3.29. Columns count code points, as `columnKind` says.
std::string sarif_location(const Location& where, std::string_view message = {}) {
  std::string out =
      R"({"physicalLocation":{"artifactLocation":{"uri":)" + json_string(where.source->name());
  out += fmt::format(R"(}},"region":{{"startLine":{},"startColumn":{},"endColumn":{}}}}})",
                     where.line, where.column, where.column + where.length);
  if (!message.empty()) out += R"(,"message":{"text":)" + json_string(message) + "}";
  return out + "}";
}

std::string with_hints(const Diagnostic& entry) {
  std::string text = entry.message;
  for (const std::string& hint : entry.hints) text += "\nhint: " + hint;
  return text;
}

}  // namespace

std::string Diagnostics::to_json() const {
  std::string out = R"({"diagnostics":[)";
  bool first = true;
  for (const Entry* entry : sorted()) {
    if (!first) out += ',';
    first = false;
    out += fmt::format(R"({{"severity":"{}","code":)",
                       entry->kind == DiagnosticKind::error ? "error" : "warning");
    append_json(out, entry->code);
    out += ',';
    append_place(out, entry->where);
    out += R"(,"message":)" + json_string(entry->message) + R"(,"hints":[)";
    for (std::size_t i = 0; i < entry->hints.size(); ++i) {
      out += (i > 0 ? "," : "") + json_string(entry->hints[i]);
    }
    out += R"(],"notes":[)";
    for (std::size_t i = 0; i < entry->notes.size(); ++i) {
      out += i > 0 ? ",{" : "{";
      append_place(out, entry->notes[i].where);
      out += R"(,"message":)" + json_string(entry->notes[i].text) + "}";
    }
    out += "]}";
  }
  out += fmt::format(R"(],"errors":{},"warnings":{}}})", error_count(), warning_count());
  return out;
}

std::string Diagnostics::to_sarif() const {
  const auto entries = sorted();
  std::map<std::string_view, std::size_t> rules;
  std::string rule_list;
  std::string results;
  for (const Entry* entry : entries) {
    const auto [rule, fresh] = rules.emplace(entry->code, rules.size());
    if (fresh) {
      const CodeInfo* info = find_code(entry->code);
      rule_list += rule_list.empty() ? "{" : ",{";
      rule_list += R"("id":)" + json_string(entry->code);
      if (info != nullptr) {
        rule_list += R"(,"shortDescription":{"text":)" + json_string(info->title) +
                     R"(},"help":{"text":)" + json_string(info->explanation) + "}";
      }
      rule_list += '}';
    }
    results += results.empty() ? "{" : ",{";
    results += fmt::format(R"("ruleId":{},"ruleIndex":{},"level":"{}","message":{{"text":{}}})",
                           json_string(entry->code), rule->second,
                           entry->kind == DiagnosticKind::error ? "error" : "warning",
                           json_string(with_hints(*entry)));
    if (entry->where) results += R"(,"locations":[)" + sarif_location(entry->where) + "]";
    std::string related;
    for (const auto& note : entry->notes) {
      if (!note.where) continue;
      related += (related.empty() ? "" : ",") + sarif_location(note.where, note.text);
    }
    if (!related.empty()) results += R"(,"relatedLocations":[)" + related + "]";
    results += '}';
  }
  return R"({"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":{"name":"sluice","version":)" +
         json_string(SLUICE_VERSION) + R"(,"rules":[)" + rule_list +
         R"(]}},"columnKind":"unicodeCodePoints","results":[)" + results + "]}]}";
}

}  // namespace pipeline
