#include "pipeline/net/http_routes.h"

#include <algorithm>
#include <utility>

namespace pipeline {

void HttpRoutes::add(std::string method, std::string path, HttpServer::Route route,
                     HttpServer::Admit admit) {
  const bool is_prefix = path.ends_with("/*");
  if (is_prefix) path.pop_back();
  entries_.push_back(
      {std::move(method), std::move(path), is_prefix, std::move(route), std::move(admit)});
}

HttpRoutes::Match HttpRoutes::find(std::string_view method, std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  // The longest fitting path decides, its methods are looked at afterwards. An exact path beats a
  // prefix of the same length.
  const auto rank = [path](const Entry& entry) -> std::size_t {
    if (entry.is_prefix) return path.starts_with(entry.path) ? 2 * entry.path.size() : 0;
    return path == entry.path ? 2 * entry.path.size() + 1 : 0;
  };
  std::size_t best = 0;
  for (const Entry& entry : entries_) best = std::max(best, rank(entry));
  Match match;
  if (best == 0) return match;
  for (const Entry& entry : entries_) {
    if (rank(entry) != best) continue;
    if (entry.method == method || (entry.method == "GET" && method == "HEAD")) {
      match.entry = &entry;
      // An own HEAD route goes before the GET route's.
      if (entry.method == method) return match;
      continue;
    }
    if (!match.allow.empty()) match.allow.append(", ");
    match.allow.append(entry.method);
    if (entry.method == "GET") match.allow.append(", HEAD");
  }
  return match;
}

}  // namespace pipeline
