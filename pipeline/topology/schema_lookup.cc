#include "pipeline/topology/schema_lookup.h"

#include <fmt/format.h>

#include "pipeline/config/json_text.h"
#include "pipeline/topology/read_agent.h"
#include "pipeline/topology/read_pipeline.h"

namespace pipeline {
namespace {

const SchemaView* view_of(const Registry::Plugin* plugin) {
  return plugin != nullptr ? plugin->schema.get() : nullptr;
}

// `sources.app`: the plugin that its `type` names. A type from the environment is not known here.
const SchemaView* component_view(const Node& root, const Registry& registry,
                                 const std::vector<PathStep>& path) {
  const Node* section = root.find(path[0].key);
  const Node* component = section != nullptr ? section->find(path[1].key) : nullptr;
  const Node* type = component != nullptr ? component->find("type") : nullptr;
  if (type == nullptr) return nullptr;
  return path[0].key == "sources" ? view_of(registry.source(type->text))
                                  : view_of(registry.sink(type->text));
}

const SchemaView* view_at(const Node& root, const Registry& registry,
                          const std::vector<PathStep>& path) {
  if (path.empty() || path[0].index) return nullptr;
  const std::string& section = path[0].key;
  if (path.size() == 1) return section == "agent" ? agent_schema().view().get() : nullptr;
  if (path.size() == 2) {
    if (section == "sources" || section == "sinks") return component_view(root, registry, path);
    return section == "pipelines" ? pipeline_schema().view().get() : nullptr;
  }
  if (section == "pipelines" && path.size() == 4 && path[2].key == "to" && path[3].index)
    return edge_schema().view().get();
  const bool is_pipeline =
      section == "pipelines" && path.size() == 5 && path[2].key == "transforms" && path[3].index;
  const bool is_group = section == "groups" && path.size() == 4 && path[2].index;
  return is_pipeline || is_group ? view_of(registry.transform(path.back().key)) : nullptr;
}

// The options of a section's components, by their `type`.
template <class Plugins>
std::string components_json(const Plugins& plugins, std::string_view more) {
  std::string forms;
  for (const auto& plugin : plugins) {
    if (!forms.empty()) forms += ',';
    forms += json_schema(*plugin->schema, fmt::format(R"("type":{{"const":{}}}{})",
                                                      json_string(plugin->name), more));
  }
  return R"({"type":"object","additionalProperties":{"anyOf":[)" + forms + "]}}";
}

std::string transforms_json(const Registry& registry) {
  std::string names, maps;
  for (const auto& plugin : registry.transforms()) {
    names += json_string(plugin->name) + ',';
    maps += fmt::format(
        R"({}:{},)", json_string(plugin->name),
        json_schema(*plugin->schema, R"("when":{"type":"string"},"name":{"type":"string"})"));
  }
  if (!names.empty()) names.pop_back();
  return R"({"type":"array","items":{"anyOf":[{"enum":[)" + names +
         R"(]},{"type":"object","minProperties":1,"maxProperties":1,"additionalProperties":false,"properties":{)" +
         maps + R"("use":{"type":"string"}}}]}})";
}

std::string pipeline_json(const std::string& transforms) {
  const std::string edges =
      R"({"anyOf":[{"type":"string"},)" + json_schema(*edge_schema().view()) + "]}";
  const std::string names =
      R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]})";
  const OptionInfo* when_full = pipeline_schema().view()->find("when_full");
  return R"({"type":"object","additionalProperties":false,"properties":{"from":)" + names +
         R"(,"transforms":)" + transforms + R"(,"to":{"anyOf":[)" + edges +
         R"(,{"type":"array","items":)" + edges + R"(}]},"when_full":)" + when_full->type.json +
         "}}";
}

}  // namespace

SchemaAt schema_lookup(const Node& root, const Registry& registry) {
  return [&root, &registry](std::string_view path) {
    return view_at(root, registry, parse_path(path));
  };
}

std::string configuration_json_schema(const Registry& registry) {
  const std::string transforms = transforms_json(registry);
  std::string out =
      R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Sluice's configuration","type":"object",)"
      R"("patternProperties":{"^x-":{}},"additionalProperties":false,"properties":{"version":{"const":1},"agent":)";
  out += json_schema(*agent_schema().view());
  out += R"(,"sources":)" + components_json(registry.sources(), R"(,"was":{"type":"string"})");
  out +=
      R"(,"pipelines":{"type":"object","additionalProperties":)" + pipeline_json(transforms) + "}";
  out += R"(,"sinks":)" + components_json(registry.sinks(), "");
  out += R"(,"groups":{"type":"object","additionalProperties":)" + transforms + "}";
  out += R"(,"tests":{"type":"array"}}})";
  return out;
}

}  // namespace pipeline
