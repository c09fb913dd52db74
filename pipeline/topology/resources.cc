#include "pipeline/topology/resources.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace pipeline {
namespace {

constexpr std::string_view kRoot = "/sys/fs/cgroup";
// The kernel's files that we read are shorter; /proc/self/cgroup has a line for each hierarchy.
constexpr std::size_t kFileBytesMax = 64 * 1024;
// cgroup v1 says "no limit" with a number near 2^63, rounded down to a page.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60;

// Files of /proc and /sys have no size, so this reads until the end. "" when it cannot be read.
std::string read_kernel_file(FileSystem& files, const std::string& path) {
  auto file = files.open(path, OpenMode::read);
  if (!file) return {};
  std::string text(kFileBytesMax, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const auto got = (*file)->read_at({text.data() + length, text.size() - length}, length);
    if (!got || *got == 0) break;
    length += *got;
  }
  text.resize(length);
  return text;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

template <class T>
void keep_smaller(std::optional<T>& smallest, const std::optional<T>& found) {
  if (found && (!smallest || *found < *smallest)) smallest = found;
}

struct Memberships {
  std::optional<std::string> unified;                   // the path in version 2
  std::vector<std::pair<std::string, std::string>> v1;  // controllers as mounted, path
};

// Lines are "0::/path" for version 2 and "4:cpu,cpuacct:/path" for version 1.
Memberships read_memberships(FileSystem& files) {
  Memberships found;
  const std::string text = read_kernel_file(files, "/proc/self/cgroup");
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string path(line.substr(second + 1));
    if (controllers.empty()) {
      found.unified = path;
    } else {
      found.v1.emplace_back(std::string(controllers), path);
    }
  }
  return found;
}

// The directories of a group and of all above it, the mount point last. A path that a container
// cannot see has no files, so that its mount point alone counts.
std::vector<std::string> levels(std::string_view mount, std::string_view path) {
  std::vector<std::string> all;
  while (!path.empty() && path != "/") {
    all.push_back(std::string(mount) + std::string(path));
    path = path.substr(0, path.rfind('/'));
  }
  all.emplace_back(mount);
  return all;
}

bool has_controller(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (list.substr(0, end) == wanted) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// "max 100000" or "50000 100000": microseconds of each period.
std::optional<double> parse_cpu_max(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto quota = parse_number(text.substr(0, space));
  const auto period = parse_number(text.substr(space + 1));
  if (!quota || !period || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

void read_unified(FileSystem& files, std::string_view path, Resources& out) {
  for (const std::string& level : levels(kRoot, path)) {
    keep_smaller(out.memory_limit, parse_number(read_kernel_file(files, level + "/memory.max")));
    keep_smaller(out.cpu_quota, parse_cpu_max(read_kernel_file(files, level + "/cpu.max")));
  }
}

void read_v1(FileSystem& files, std::string_view controllers, std::string_view path,
             Resources& out) {
  const std::string mount = std::string(kRoot) + '/' + std::string(controllers);
  if (has_controller(controllers, "memory")) {
    for (const std::string& level : levels(mount, path)) {
      const auto limit = parse_number(read_kernel_file(files, level + "/memory.limit_in_bytes"));
      if (limit && *limit < kNoLimit) keep_smaller(out.memory_limit, limit);
    }
  }
  if (has_controller(controllers, "cpu")) {
    for (const std::string& level : levels(mount, path)) {
      // A quota of -1 is none, and is no unsigned number.
      const auto quota = parse_number(read_kernel_file(files, level + "/cpu.cfs_quota_us"));
      const auto period = parse_number(read_kernel_file(files, level + "/cpu.cfs_period_us"));
      if (quota && period && *period > 0)
        keep_smaller(out.cpu_quota,
                     std::optional(static_cast<double>(*quota) / static_cast<double>(*period)));
    }
  }
}

std::uint64_t read_memory_total(FileSystem& files) {
  const std::string text = read_kernel_file(files, "/proc/meminfo");
  constexpr std::string_view kKey = "MemTotal:";
  const std::size_t at = text.find(kKey);
  if (at == std::string::npos) return 0;
  return parse_number(std::string_view(text).substr(at + kKey.size())).value_or(0) * 1024;  // kB
}

}  // namespace

Resources read_resources(FileSystem& files, std::uint32_t cores) {
  Resources found;
  found.cores = std::max(1u, cores);
  const Memberships groups = read_memberships(files);
  if (groups.unified) read_unified(files, *groups.unified, found);
  for (const auto& [controllers, path] : groups.v1) read_v1(files, controllers, path, found);
  found.memory_total = read_memory_total(files);
  return found;
}

std::uint64_t auto_memory(const Resources& resources) noexcept {
  std::uint64_t smallest = resources.memory_total > 0 ? resources.memory_total : kAutoMemoryMax * 2;
  if (resources.memory_limit) smallest = std::min(smallest, *resources.memory_limit);
  return std::clamp(smallest / 2, kAutoMemoryMin, kAutoMemoryMax);
}

std::uint32_t auto_lanes(const Resources& resources) noexcept {
  double lanes = resources.cores;
  if (resources.cpu_quota) lanes = std::min(lanes, std::ceil(*resources.cpu_quota));
  return static_cast<std::uint32_t>(std::clamp(lanes, 1.0, double{kAutoLanesMax}));
}

}  // namespace pipeline
