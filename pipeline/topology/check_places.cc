#include <fmt/format.h>

#include <algorithm>

#include "pipeline/net/address.h"
#include "pipeline/topology/wiring_graph.h"

namespace pipeline {
namespace {

struct Listener {
  std::string who;
  std::string protocol;
  ListenAddress address;
  std::string text;
  Location where;
};

void add_listener(std::vector<Listener>& all, std::string who, const std::string& text,
                  const Location& where) {
  if (text == "none" || text.empty()) return;
  Listener listener{
      .who = std::move(who), .protocol = "tcp", .address = {}, .text = text, .where = where};
  std::string_view rest = text;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    if (rest.substr(0, scheme) == "udp") listener.protocol = "udp";
    rest.remove_prefix(scheme + 3);
  }
  // An address that cannot be read is the component's own error.
  auto address = ListenAddress::parse(rest);
  if (!address) return;
  listener.address = std::move(*address);
  all.push_back(std::move(listener));
}

bool is_wildcard(std::string_view host) {
  return host.empty() || host == "0.0.0.0" || host == "::" || host == "*";
}

std::string_view plain(std::string_view host) { return host == "localhost" ? "127.0.0.1" : host; }

bool collide(const Listener& a, const Listener& b) {
  if (a.address.is_unix() || b.address.is_unix())
    return a.address.is_unix() && b.address.is_unix() &&
           a.address.socket_path == b.address.socket_path;
  if (a.protocol != b.protocol || a.address.port != b.address.port || a.address.port == 0)
    return false;
  return is_wildcard(a.address.host) || is_wildcard(b.address.host) ||
         plain(a.address.host) == plain(b.address.host);
}

void check_listeners(const WiringChecks& checks) {
  const Draft& draft = checks.draft;
  std::vector<Listener> all;
  add_listener(all, "agent.listen", draft.plan.agent.listen, draft.listen_where);
  add_listener(all, "agent.admin", draft.plan.agent.admin, draft.admin_where);
  const auto add_of = [&](std::string who, const Usage& usage) {
    for (const Usage::Listen& listen : usage.listens)
      add_listener(all, who, listen.address, listen.where);
  };
  for (std::size_t i = 0; i < draft.sources.size(); ++i)
    add_of(fmt::format("source '{}'", draft.plan.sources[i].name), draft.sources[i].usage);
  for (std::size_t i = 0; i < draft.sinks.size(); ++i)
    add_of(fmt::format("sink '{}'", draft.plan.sinks[i].name), draft.sinks[i].usage);
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (!collide(all[i], all[k])) continue;
      // A default has no place: then the other one is where something can be changed.
      const bool is_swapped = !all[i].where;
      const Listener& here = is_swapped ? all[k] : all[i];
      const Listener& other = is_swapped ? all[i] : all[k];
      auto& error = checks.diagnostics().error(
          "E0210", here.where,
          fmt::format("{} listens on {}, where {} listens already{}", here.who, here.text,
                      other.who, other.text == here.text ? "" : fmt::format(" ({})", other.text)));
      if (other.where) error.note(other.where, fmt::format("{} is here", other.who));
      error.hint(here.address.is_unix() ? "give one of them another path"
                                        : "give one of them another port");
    }
  }
}

// `text` without what means nothing in a path: "./a//b" is "a/b".
std::string tidy_path(std::string_view text) {
  std::string out;
  while (text.starts_with("./")) text.remove_prefix(2);
  for (const char c : text)
    if (c != '/' || !out.ends_with('/')) out += c;
  return out;
}

// Whether a glob (`*`, `**`, `?`, `[...]`) matches `path`, or, for a prefix, some path that begins
// with it. Recursion is as deep as the glob has stars.
bool matches(std::string_view glob, std::string_view path, bool is_prefix) {
  while (!glob.empty()) {
    if (path.empty() && is_prefix) return true;
    if (glob.starts_with("**")) {
      std::string_view rest = glob.substr(2);
      if (rest.starts_with('/')) rest.remove_prefix(1);  // `**/` may be no directory at all
      for (std::size_t i = 0; i <= path.size(); ++i)
        if (matches(rest, path.substr(i), is_prefix)) return true;
      return false;
    }
    if (glob.front() == '*') {
      for (std::size_t i = 0; i <= path.size(); ++i) {
        if (matches(glob.substr(1), path.substr(i), is_prefix)) return true;
        if (i < path.size() && path[i] == '/') return false;
      }
      return false;
    }
    if (path.empty()) return false;
    if (glob.front() == '[') {
      const std::size_t end = glob.find(']', 2);
      if (end != std::string_view::npos) {
        const bool is_negated = glob[1] == '!' || glob[1] == '^';
        bool is_in = false;
        for (std::size_t i = is_negated ? 2 : 1; i < end; ++i) {
          if (i + 2 < end && glob[i + 1] == '-') {
            is_in = is_in || (glob[i] <= path.front() && path.front() <= glob[i + 2]);
            i += 2;
          } else {
            is_in = is_in || glob[i] == path.front();
          }
        }
        if (is_in == is_negated) return false;
        glob.remove_prefix(end + 1);
        path.remove_prefix(1);
        continue;
      }
    }
    if (glob.front() != '?' && glob.front() != path.front()) return false;
    if (glob.front() == '?' && path.front() == '/') return false;
    glob.remove_prefix(1);
    path.remove_prefix(1);
  }
  return path.empty();
}

void check_loops(const WiringChecks& checks) {
  const Draft& draft = checks.draft;
  for (const WiringGraph::Pipeline& pipeline : checks.graph.pipelines) {
    for (const WiringGraph::Target& target : pipeline.targets) {
      if (!target.sink) continue;
      const Usage& sink = draft.sinks[*target.sink].usage;
      // Names in the path: what is known of it is a prefix.
      const bool is_prefix = !sink.reads.empty();
      for (const Usage::Path& written : sink.writes_files) {
        for (const std::size_t source : pipeline.sources) {
          const Usage& reader = draft.sources[source].usage;
          const bool is_skipped =
              std::ranges::any_of(reader.skips_files, [&](const Usage::Path& skipped) {
                return matches(tidy_path(skipped.pattern), tidy_path(written.pattern), is_prefix);
              });
          if (is_skipped) continue;
          for (const Usage::Path& read : reader.reads_files) {
            if (!matches(tidy_path(read.pattern), tidy_path(written.pattern), is_prefix)) continue;
            checks.diagnostics()
                .warning(
                    "W-own-output", written.where,
                    fmt::format(
                        "sink '{}' writes what source '{}' reads: every record would come back",
                        draft.plan.sinks[*target.sink].name, draft.plan.sources[source].name))
                .note(read.where, fmt::format("'{}' matches it", read.pattern))
                .hint("write to another directory, or leave the file out with `exclude`");
          }
        }
      }
    }
  }
}

}  // namespace

void WiringChecks::places() const {
  check_listeners(*this);
  check_loops(*this);
}

}  // namespace pipeline
