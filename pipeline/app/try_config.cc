#include "pipeline/app/try_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/config/effective.h"
#include "pipeline/expr/path.h"

namespace pipeline {
namespace {

// A field of a record as a configuration names it: odd keys in brackets, quoted for YAML.
std::string field_text(const std::string& field) {
  const Path path{.steps = {NameStep{.key = field}}, .reserved = false};
  return yaml_scalar(canonical_name(path));
}

std::string field_list(const std::vector<std::string>& fields) {
  std::string out = "[";
  for (const std::string& field : fields) out += (out.size() > 1 ? ", " : "") + field_text(field);
  return out + "]";
}

// A comment must stay on its line.
std::string comment_text(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return out;
}

std::string transforms_text(const Detected& detected, const Registry& registry) {
  std::string out;
  if (detected.format == LineFormat::json) {
    out +=
        "      # Takes the fields that something below asks for; other lines pass as they are.\n"
        "      - json\n";
  } else if (detected.format == LineFormat::logfmt && registry.transform("logfmt") != nullptr) {
    out += "      - logfmt\n";
  } else {
    return out;
  }
  if (!detected.time_field.empty())
    out += fmt::format(
        "      # The record's own time; without one, the time of reading.\n"
        "      - timestamp: {{field: {}, format: {}}}\n",
        field_text(detected.time_field), yaml_scalar(detected.time_format));
  if (!detected.labels.empty())
    out += fmt::format(
        "      # Every combination of values is a stream of Loki's: labels have few values.\n"
        "      - labels: {}\n",
        field_list(detected.labels));
  if (!detected.candidates.empty())
    out += fmt::format("      # These have few values as well: {}\n",
                       comment_text(fmt::format("{}", fmt::join(detected.candidates, ", "))));
  return out;
}

}  // namespace

std::string source_name(std::string_view path) {
  std::string_view stem = path.substr(path.rfind('/') + 1);
  stem = stem.substr(0, stem.find('.', 1));
  std::string name;
  for (const char c : stem) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    name += fits ? c : '_';
  }
  const bool starts = !name.empty() && name[0] != '-' && !(name[0] >= '0' && name[0] <= '9');
  if (!starts) name.insert(0, "log_");
  // A pipeline and a sink share their names' space.
  return name == "loki" ? "loki_log" : name;
}

std::string configuration_for(const TriedInput& input, const Detected& detected,
                              const Registry& registry) {
  std::string out = fmt::format(
      "# Made by `sluice try {}`. Every guess in it is yours to change.\n"
      "#\n"
      "#   sluice check FILE                                is it right?\n"
      "#   LOKI_URL=http://loki.example:3100 sluice run FILE\n\n",
      comment_text(input.origin));
  out +=
      "agent:\n"
      "  # Where positions are kept, so that a restart goes on where it stopped.\n"
      "  data_dir: ./sluice-data/state\n\n";
  out += "sources:\n";
  if (input.origin == "-") out += "  # What was tried came from standard input: say where it is.\n";
  out += fmt::format("  {0}:\n    type: file\n    include: [{1}]\n", input.name,
                     yaml_scalar(input.include));
  if (input.is_old)
    out +=
        "    # It was last written more than a day ago, which the source would leave alone.\n"
        "    ignore_older: 0\n";
  out += fmt::format("\npipelines:\n  {0}:\n    from: [{0}]\n    transforms:\n", input.name);
  out += transforms_text(detected, registry);
  out +=
      "      # Found with every line, without making a stream for each.\n"
      "      - structured_metadata:\n"
      "          filename: \"{$file.path}\"\n";
  if (!transforms_text(detected, registry).empty())
    for (const std::string& field : detected.identities) {
      const Path path{.steps = {NameStep{.key = field}}, .reserved = false};
      out += fmt::format("          {}: {}\n", legal_label_name(field),
                         "'{" + canonical_name(path) + "}'");
    }
  out += fmt::format(
      "    to: [loki]\n\n"
      "sinks:\n"
      "  loki:\n"
      "    type: loki\n"
      "    url: ${{LOKI_URL:-http://127.0.0.1:3100}}\n"
      "    # Always there, so that every record has a stream.\n"
      "    labels: {{job: {}}}\n",
      input.name);
  return out;
}

}  // namespace pipeline
