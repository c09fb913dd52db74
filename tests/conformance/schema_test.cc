#include <fmt/format.h>

#include "pipeline/app/documents.h"
#include "pipeline/config/decode_context.h"
#include "tests/conformance/plugin_case.h"

namespace {

using namespace conformance;

class EveryPlugin : public testing::TestWithParam<const Registry::Plugin*> {
 protected:
  const Registry::Plugin& plugin() const { return *GetParam(); }
};

void expect_complete(const SchemaView& schema, const std::string& prefix) {
  for (const OptionInfo& option : schema.options) {
    const std::string name = prefix + option.name;
    EXPECT_FALSE(option.help.empty()) << name << " has no help";
    EXPECT_TRUE(option.help.ends_with('.')) << name << ": help is whole sentences";
    EXPECT_FALSE(option.type.name.empty()) << name << " has no type";
    EXPECT_FALSE(option.type.json.empty()) << name << " has no JSON Schema";
    EXPECT_FALSE(option.rule.required && !option.default_text.empty())
        << name << " is required and has a default";
    if (option.type.nested != nullptr) expect_complete(*option.type.nested, name + ".");
  }
}

TEST_P(EveryPlugin, HasASummaryAndHelpForEachOption) {
  EXPECT_TRUE(plugin().schema->summary.ends_with('.')) << "the summary is one sentence";
  expect_complete(*plugin().schema, "");
  if (!plugin().schema->main_option.empty()) {
    EXPECT_NE(plugin().schema->find(plugin().schema->main_option), nullptr);
  }
}

TEST_P(EveryPlugin, HasAFolderWithProseAndAnExample) {
  EXPECT_TRUE(std::filesystem::exists(folder_of(plugin()) / "README.md"));
  EXPECT_TRUE(std::filesystem::exists(folder_of(plugin()) / "example.yaml"));
  EXPECT_TRUE(std::filesystem::exists(folder_of(plugin()) / (plugin().name + ".cc")));
}

TEST_P(EveryPlugin, ShowsItsOptionsAsTheSchemaHasThem) {
  const std::string readme = read_text(folder_of(plugin()) / "README.md");
  std::string table = markdown_table(*plugin().schema);
  if (table.empty()) table = "It has no options.\n";
  const auto current = with_option_table(readme, table);
  ASSERT_TRUE(current) << current.error().message();
  EXPECT_EQ(readme, *current) << "`make docs` writes the table";
}

TEST_P(EveryPlugin, HasAnExampleThatUsesItAndChecksClean) {
  const Read read = read_example(plugin());
  EXPECT_TRUE(read.diagnostics.empty()) << read.diagnostics.to_text();
  ASSERT_TRUE(read.plan);
  EXPECT_NE(example_config(plugin(), *read.plan), nullptr)
      << "example.yaml does not use " << plugin().name;
}

TEST_P(EveryPlugin, AnswersAMisspeltOptionWithTheOneThatWasMeant) {
  const SchemaView& schema = *plugin().schema;
  if (schema.options.empty()) return;
  const OptionInfo* main = schema.find(schema.main_option);
  if (main != nullptr && main->type.takes_map) GTEST_SKIP() << "any key is one of the user's";
  const auto longest = std::ranges::max_element(
      schema.options, {}, [](const OptionInfo& option) { return option.name.size(); });
  Node node;
  node.kind = NodeKind::mapping;
  // Beside the main option a map is the long form, whose keys are options.
  if (!schema.main_option.empty())
    node.entries.push_back(
        {.key = schema.main_option, .key_where = {}, .value = Node::scalar("a")});
  const std::string typed = longest->name + "x";
  node.entries.push_back({.key = typed, .key_where = {}, .value = Node::scalar("1")});
  Diagnostics diagnostics;
  Substitution substitution(dummy_variable, files());
  DecodeContext context(diagnostics, substitution);
  EXPECT_EQ(plugin().decode(node, context), nullptr);
  const auto entry = std::ranges::find_if(diagnostics.entries(), [&](const Diagnostic& each) {
    return each.code == "E0102" && each.message.find(typed) != std::string::npos;
  });
  ASSERT_NE(entry, diagnostics.entries().end()) << diagnostics.to_text();
  ASSERT_FALSE(entry->hints.empty());
  EXPECT_NE(entry->hints.front().find("'" + longest->name + "'"), std::string::npos)
      << entry->hints.front();
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
std::size_t threads() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_P(EveryPlugin, IsMadeWithoutOpeningOrStartingAnything) {
  const Read read = read_example(plugin(), false);
  ASSERT_TRUE(read.plan) << read.diagnostics.to_text();
  const auto config = example_config(plugin(), *read.plan);
  ASSERT_NE(config, nullptr);
  Lent lent;
  asio::io_context loop;
  FieldPlan fields;
  const std::size_t descriptors_before = open_descriptors();
  const std::size_t threads_before = threads();
  Result<std::unique_ptr<Source>> source;
  Result<AnyTransform> transform;
  Result<std::unique_ptr<Sink>> sink;
  if (plugin().kind == "source") {
    source = registry()
                 .source(plugin().name)
                 ->make(config, SourceContext{lent.context("source/x"), loop.get_executor(),
                                              lent.positions, "x"});
    EXPECT_TRUE(source) << source.error().message();
  } else if (plugin().kind == "transform") {
    transform =
        registry()
            .transform(plugin().name)
            ->make(config, TransformContext{lent.context("pipeline/x/y"), fields, 0, Signal::logs});
    EXPECT_TRUE(transform) << transform.error().message();
  } else {
    sink = registry().sink(plugin().name)->make(config, SinkContext{lent.context("sink/x"), {}});
    EXPECT_TRUE(sink) << sink.error().message();
  }
  EXPECT_EQ(open_descriptors(), descriptors_before);
  EXPECT_EQ(threads(), threads_before);
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryPlugin, testing::ValuesIn(plugins_by_kind(registry())),
                         case_name);

}  // namespace
