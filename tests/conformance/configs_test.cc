#include "tests/conformance/plugin_case.h"

namespace {

using namespace conformance;

// Those that patch another one: they are no configuration of their own.
std::optional<std::string> patched_by(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::size_t to = name.find("-to-");
  if (to == std::string::npos) return std::nullopt;
  return (path.parent_path() / (name.substr(0, to) + ".yaml")).string();
}

std::vector<std::string> shipped() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator("configs"))
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  return paths;
}

class EveryConfiguration : public testing::TestWithParam<std::string> {};

TEST_P(EveryConfiguration, ChecksClean) {
  LoadOptions what;
  if (const auto base = patched_by(GetParam())) {
    what.paths = {*base};
    what.overlays = {GetParam()};
  } else {
    what.paths = {GetParam()};
  }
  Diagnostics diagnostics;
  Substitution substitution(dummy_variable, files());
  substitution.set_static_mode(true);
  ReadOptions options;
  options.host_name = "box";
  options.resources = {
      .memory_limit = std::nullopt, .memory_total = 8ull << 30, .cpu_quota = 1.0, .cores = 2};
  const Configuration read =
      read_configuration(what, registry(), substitution, diagnostics, options);
  EXPECT_TRUE(read.plan);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_text();
}

TEST_P(EveryConfiguration, SaysWhatItIs) {
  EXPECT_TRUE(read_text(GetParam()).starts_with("# ")) << "it begins with a comment";
}

std::string configuration_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).stem().string();
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Shipped, EveryConfiguration, testing::ValuesIn(shipped()),
                         configuration_name);

}  // namespace
