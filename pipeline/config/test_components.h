#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/schema.h"

// Two invented components with an option of every type, for the tests of this layer.
namespace pipeline::test {

using namespace std::chrono_literals;

enum class StartAt { beginning, end };
constexpr auto enum_names(StartAt) {
  return std::array{EnumName{StartAt::beginning, "beginning"}, EnumName{StartAt::end, "end"}};
}

struct Rotate {
  Size size = 64_MiB;
  Duration age = 1h;
};
inline void describe_options(Schema<Rotate>& schema) {
  schema.field("size", &Rotate::size, "Largest file.", {.min = 1_KiB})
      .field("age", &Rotate::age, "Oldest file.", {.min = 1s, .max = 24h});
}

struct Basic {
  std::string username;
  Secret password;
};
inline void describe_options(Schema<Basic>& schema) {
  schema.field("username", &Basic::username, "Who.", {.required = true})
      .field("password", &Basic::password, "Proof.", {.required = true});
}

struct Auth {
  std::optional<Secret> bearer;
  std::optional<Basic> basic;
};
inline void describe_options(Schema<Auth>& schema) {
  schema.field("bearer", &Auth::bearer, "A token.")
      .field("basic", &Auth::basic, "Name and password.")
      .check(+[](const Auth& auth, Checker& checker) {
        if (auth.bearer && auth.basic) {
          checker.error("basic", "bearer and basic exclude each other").hint("remove one of them");
        }
      });
}

struct FileConfig {
  std::vector<std::string> include;
  StartAt start_at = StartAt::beginning;
  Duration ignore_older = 24h;
  Size max_line = 1_MiB;
  bool follow = true;
  int depth = 8;
  std::uint16_t port = 0;
  double factor = 1.5;
  Auto<Size> memory;
  OrderedMap<std::string> labels;
  std::vector<Rotate> steps;
};

inline Schema<FileConfig> file_schema() {
  Schema<FileConfig> schema("file", "Reads lines from files.");
  schema
      .field("include", &FileConfig::include, "Patterns of the files to read.",
             {.required = true, .example = "[/var/log/app/*.log]", .non_empty = true})
      .field("start_at", &FileConfig::start_at, "Where reading starts.")
      .field("ignore_older", &FileConfig::ignore_older, "Skips files last written before that.")
      .field("max_line", &FileConfig::max_line, "Longest line.", {.min = 1_KiB, .max = 64_MiB})
      .field("follow", &FileConfig::follow, "Goes on at the end.")
      .field("depth", &FileConfig::depth, "Directories below.", {.min = 1, .max = 32})
      .field("port", &FileConfig::port, "A port.")
      .field("factor", &FileConfig::factor, "A factor.", {.min = 0})
      .field("memory", &FileConfig::memory, "Cache.")
      .field("labels", &FileConfig::labels, "Labels of every record.")
      .field("steps", &FileConfig::steps, "A list of groups.");
  return schema;
}

struct LokiConfig {
  std::string url;
  std::string compression = "snappy";
  Auth auth;
  Rotate rotate;
  OrderedMap<Secret> headers;
  std::optional<std::string> tenant;
};

inline Schema<LokiConfig> loki_schema() {
  Schema<LokiConfig> schema("loki", "Pushes to Loki.");
  schema
      .field("url", &LokiConfig::url, "Where to send.",
             {.required = true, .example = "http://loki:3100"})
      .field("compression", &LokiConfig::compression, "Of the body.",
             {.one_of = {"snappy", "gzip", "none"}})
      .field("auth", &LokiConfig::auth, "Who we are.")
      .field("rotate", &LokiConfig::rotate, "A group.")
      .field("headers", &LokiConfig::headers, "More headers.")
      .field("tenant", &LokiConfig::tenant, "X-Scope-OrgID.");
  return schema;
}

struct SampleConfig {
  Ratio ratio{1};
  std::string key;
};

inline Schema<SampleConfig> sample_schema() {
  Schema<SampleConfig> schema("sample", "Keeps a share.");
  schema.field("ratio", &SampleConfig::ratio, "The share.", {.required = true})
      .field("key", &SampleConfig::key, "What decides.")
      .main_option("ratio");
  return schema;
}

struct LabelsConfig {
  OrderedMap<std::string> labels;
  bool strict = false;
};

inline Schema<LabelsConfig> labels_schema() {
  Schema<LabelsConfig> schema("labels", "Sets labels.");
  schema.field("labels", &LabelsConfig::labels, "Label to text.", {.required = true})
      .field("strict", &LabelsConfig::strict, "Refuses odd ones.")
      .main_option("labels");
  return schema;
}

}  // namespace pipeline::test
