#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/component/source.h"
#include "plugins/sources/file/config.h"
#include "plugins/sources/file/counters.h"
#include "plugins/sources/file/glob.h"
#include "plugins/sources/file/mailbox.h"

namespace plugins::sources::file {

// What the parts of one file source share.
struct Environment {
  Config config;
  Timing timing;
  PathFilter filter;
  pipeline::SourceContext context;
  Counters counters{context};
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();

  pipeline::Instant now() const { return context.clock.now(); }
  std::int64_t unix_seconds() const { return context.clock.unix_now() / 1'000'000'000; }
};

inline std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view(".")
         : slash == 0                    ? std::string_view("/")
                                         : path.substr(0, slash);
}
inline std::string_view name_in(std::string_view path) { return path.substr(path.rfind('/') + 1); }
inline std::string join(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.ends_with('/')) path += '/';
  path += name;
  return path;
}

}  // namespace plugins::sources::file
