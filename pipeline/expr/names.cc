#include "pipeline/expr/names.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "pipeline/expr/codes.h"

namespace pipeline {
namespace {

// Names whose value changes from row to row: the columns of a plan that start with `$`.
constexpr std::array<std::string_view, 8> kRowNames = {"stream", "error",    "severity", "name",
                                                       "value",  "duration", "status",   "kind"};

constexpr std::array<std::string_view, 35> kCommonNames = {"$body",
                                                           "$time",
                                                           "$tenant",
                                                           "$severity",
                                                           "$signal",
                                                           "$source",
                                                           "$label",
                                                           "$meta",
                                                           "$file.path",
                                                           "$file.name",
                                                           "$file.dir",
                                                           "$stream",
                                                           "$k8s.namespace",
                                                           "$k8s.pod",
                                                           "$k8s.container",
                                                           "$k8s.node",
                                                           "$k8s.uid",
                                                           "$k8s.labels",
                                                           "$k8s.annotations",
                                                           "$journal.unit",
                                                           "$syslog.host",
                                                           "$syslog.app",
                                                           "$syslog.facility",
                                                           "$syslog.severity",
                                                           "$syslog.sd",
                                                           "$peer.address",
                                                           "$resource",
                                                           "$scope.name",
                                                           "$host.name",
                                                           "$error",
                                                           "$name",
                                                           "$value",
                                                           "$duration",
                                                           "$status",
                                                           "$kind"};

std::unexpected<Problems> problem(std::string message, std::string hint, std::size_t length) {
  return std::unexpected(Problems{{expr_code::kName, std::move(message), std::move(hint), 0,
                                   static_cast<std::uint32_t>(length)}});
}

NameKind kind_of(const Path& path) noexcept {
  if (!path.reserved) return NameKind::field;
  const std::string& first = path.steps.front().key;
  if (first == "body") return NameKind::body;
  if (first == "time") return NameKind::time;
  if (first == "tenant") return NameKind::tenant;
  if (first == "signal") return NameKind::signal;
  if (first == "source") return NameKind::source;
  if (first == "label") return NameKind::label;
  if (first == "meta") return NameKind::metadata;
  if (first == "host" && path.steps.size() == 2 && path.steps[1].key == "name")
    return NameKind::host;
  if (path.steps.size() == 1 && std::ranges::find(kRowNames, first) != kRowNames.end())
    return NameKind::row;
  return NameKind::attribute;
}

}  // namespace

Compiled<Name> resolve(Path path) {
  Name name;
  name.kind = kind_of(path);
  name.text = canonical_name(path);
  const std::size_t parts = path.steps.size();
  switch (name.kind) {
    case NameKind::field:
    case NameKind::host:
    case NameKind::row:
      break;
    case NameKind::attribute:
      name.key = attribute_name(path);
      break;
    case NameKind::label:
    case NameKind::metadata: {
      const std::string_view what = name.kind == NameKind::label ? "label" : "structured metadatum";
      if (parts < 2 || path.steps[1].is_index)
        return problem(fmt::format("`{}` needs the name of a {}", name.text, what),
                       fmt::format("write ${}.NAME", path.steps[0].key), name.text.size());
      if (parts > 2)
        return problem(
            fmt::format("a {} has no parts", what),
            fmt::format("a name with dots stands in quotes: ${}[\"a.b\"]", path.steps[0].key),
            name.text.size());
      name.key = path.steps[1].key;
      break;
    }
    case NameKind::body:
    case NameKind::time:
    case NameKind::tenant:
    case NameKind::signal:
    case NameKind::source:
      if (parts > 1)
        return problem(fmt::format("`${}` has no parts", path.steps[0].key),
                       "fields of the line are written without `$`", name.text.size());
      break;
  }
  name.path = std::move(path);
  return name;
}

Compiled<Name> compile_reference(std::string_view text) {
  auto path = compile_name(text);
  if (!path) return std::unexpected(std::move(path.error()));
  auto name = resolve(std::move(*path));
  // The canonical spelling may be longer or shorter than what stands there.
  if (!name) name.error().front().length = static_cast<std::uint32_t>(text.size());
  return name;
}

bool is_always_present(const Name& name) noexcept {
  return name.kind == NameKind::host || name.kind == NameKind::source ||
         name.kind == NameKind::signal || name.kind == NameKind::time;
}

std::span<const std::string_view> common_names() noexcept { return kCommonNames; }

const std::string& machine_host_name() {
  static const std::string name = [] {
    char buffer[256] = {};  // HOST_NAME_MAX is 64
    return ::gethostname(buffer, sizeof buffer - 1) == 0 && buffer[0] != '\0'
               ? std::string(buffer)
               : std::string("localhost");
  }();
  return name;
}

}  // namespace pipeline
