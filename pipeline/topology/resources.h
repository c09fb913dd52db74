#pragma once

#include <cstdint>
#include <optional>

#include "pipeline/base/fs.h"

namespace pipeline {

// What this process may use of the machine, as far as the kernel tells.
struct Resources {
  std::optional<std::uint64_t> memory_limit;  // bytes; the smallest cgroup limit above us
  std::uint64_t memory_total = 0;             // bytes of RAM; 0 when unknown
  std::optional<double> cpu_quota;            // cores; the smallest cgroup quota above us
  std::uint32_t cores = 1;
};

// Reads /proc/self/cgroup, the limits under /sys/fs/cgroup (version 2, or 1 where a controller is
// still mounted so) and /proc/meminfo. What cannot be read counts as no limit. `cores`: of the
// machine, or of our affinity mask.
Resources read_resources(FileSystem& files, std::uint32_t cores);

// `agent.memory: auto`: half of the smaller of limit and RAM, within these bounds.
inline constexpr std::uint64_t kAutoMemoryMin = 24ull << 20;
inline constexpr std::uint64_t kAutoMemoryMax = 256ull << 20;
std::uint64_t auto_memory(const Resources& resources) noexcept;

// `agent.lanes: auto`: the quota rounded up, or the cores; more than four lanes cost more in
// builders than they bring (flow.md 3).
inline constexpr std::uint32_t kAutoLanesMax = 4;
std::uint32_t auto_lanes(const Resources& resources) noexcept;

}  // namespace pipeline
