#include "plugins/sources/file/walk.h"

#include <set>
#include <span>
#include <tuple>

#include "plugins/sources/file/environment.h"

namespace plugins::sources::file {
namespace {

using pipeline::Errc;
using pipeline::FileKind;
using pipeline::FileStatus;
using pipeline::Result;

// Directories below each other that a walk follows: deeper ones are loops or mistakes.
constexpr int kDeepest = 32;

class Walk {
 public:
  Walk(pipeline::FileSystem& fs, const WalkVisitor& visitor) : fs_(fs), visitor_(visitor) {}

  void step(const std::string& directory, std::span<const GlobSegment> pattern, int depth,
            bool is_below_wildcard) {
    if (depth > kDeepest) return;
    const GlobSegment& segment = pattern[0];
    const std::span<const GlobSegment> rest = pattern.subspan(1);
    if (segment.kind == GlobSegment::Kind::literal) {
      // Directories on a fixed way to the first wildcard are not worth hearing of.
      if (rest.empty() || is_below_wildcard) visitor_.directory(directory);
      meet(join(directory, segment.text), rest, depth, is_below_wildcard);
      return;
    }
    const bool is_deep = segment.kind == GlobSegment::Kind::any_depth;
    if (is_deep && !enter(directory, rest.size())) return;
    if (is_deep && !rest.empty()) step(directory, rest, depth, true);
    visitor_.directory(directory);  // before it is listed: what comes in between is reported
    Result<std::vector<std::string>> names = fs_.list(directory);
    if (!names) {
      if (names.error().code() != Errc::not_found) visitor_.failed(directory, names.error());
      return;
    }
    for (const std::string& name : *names) {
      if (is_deep) {
        const std::string path = join(directory, name);
        const Result<FileStatus> status = fs_.status(path);
        if (!status) continue;
        if (status->kind == FileKind::directory) {
          step(path, pattern, depth + 1, true);
        } else if (rest.empty()) {
          visitor_.file(path, *status);
        }
      } else if (matches_segment(segment, name)) {
        meet(join(directory, name), rest, depth, true);
      }
    }
  }

 private:
  // A name that fits the step before `rest`.
  void meet(const std::string& path, std::span<const GlobSegment> rest, int depth,
            bool is_below_wildcard) {
    const Result<FileStatus> status = fs_.status(path);
    if (!status) return;
    const bool is_directory = status->kind == FileKind::directory;
    if (rest.empty()) {
      if (!is_directory) visitor_.file(path, *status);
    } else if (is_directory) {
      step(path, rest, depth + 1, is_below_wildcard);
    }
  }

  bool enter(const std::string& directory, std::size_t steps_left) {
    const Result<FileStatus> status = fs_.status(directory);
    return status && entered_.insert({status->device, status->inode, steps_left}).second;
  }

  pipeline::FileSystem& fs_;
  const WalkVisitor& visitor_;
  std::set<std::tuple<std::uint64_t, std::uint64_t, std::size_t>> entered_;
};

}  // namespace

void walk(pipeline::FileSystem& fs, const Glob& glob, const WalkVisitor& visitor) {
  for (const std::vector<GlobSegment>& alternative : glob.alternatives())
    Walk(fs, visitor).step("/", alternative, 0, false);
}

}  // namespace plugins::sources::file
