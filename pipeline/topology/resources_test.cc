#include "pipeline/topology/resources.h"

#include <gtest/gtest.h>

#include "pipeline/config/fake_files.h"

namespace pipeline {
namespace {

constexpr std::uint64_t kMiB = 1ull << 20;

TEST(Resources, TakeTheSmallestLimitAboveUs) {
  FakeFiles files;
  files.put("/proc/self/cgroup", "0::/kubepods/pod1/app\n");
  files.put("/sys/fs/cgroup/kubepods/pod1/app/memory.max", "max\n");
  files.put("/sys/fs/cgroup/kubepods/pod1/memory.max", "134217728\n");
  files.put("/sys/fs/cgroup/kubepods/memory.max", "8589934592\n");
  files.put("/sys/fs/cgroup/kubepods/pod1/app/cpu.max", "150000 100000\n");
  files.put("/sys/fs/cgroup/kubepods/cpu.max", "max 100000\n");
  files.put("/proc/meminfo", "MemTotal:       16384000 kB\nMemFree:  1 kB\n");
  const Resources found = read_resources(files, 8);
  EXPECT_EQ(found.memory_limit, 128 * kMiB);
  EXPECT_EQ(found.memory_total, 16384000ull * 1024);
  ASSERT_TRUE(found.cpu_quota);
  EXPECT_DOUBLE_EQ(*found.cpu_quota, 1.5);
  EXPECT_EQ(auto_lanes(found), 2u);
  EXPECT_EQ(auto_memory(found), 64 * kMiB);
}

TEST(Resources, OfAContainerStandAtTheMountPoint) {
  FakeFiles files;
  files.put("/proc/self/cgroup", "0::/\n");
  files.put("/sys/fs/cgroup/memory.max", "67108864\n");
  files.put("/sys/fs/cgroup/cpu.max", "20000 100000\n");
  const Resources found = read_resources(files, 64);
  EXPECT_EQ(found.memory_limit, 64 * kMiB);
  EXPECT_EQ(auto_lanes(found), 1u);
  EXPECT_EQ(auto_memory(found), 32 * kMiB);
}

TEST(Resources, OfVersionOneStandUnderTheirControllers) {
  FakeFiles files;
  files.put("/proc/self/cgroup",
            "5:cpu,cpuacct:/docker/1\n3:memory:/docker/1\n1:name=systemd:/docker/1\n");
  files.put("/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "104857600\n");
  files.put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  files.put("/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us", "300000\n");
  files.put("/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us", "100000\n");
  files.put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  files.put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  const Resources found = read_resources(files, 16);
  EXPECT_EQ(found.memory_limit, 100 * kMiB);
  EXPECT_EQ(auto_lanes(found), 3u);
}

TEST(Resources, ThatCannotBeReadAreNoLimit) {
  FakeFiles files;
  const Resources found = read_resources(files, 0);
  EXPECT_FALSE(found.memory_limit);
  EXPECT_FALSE(found.cpu_quota);
  EXPECT_EQ(found.cores, 1u);
  EXPECT_EQ(auto_memory(found), kAutoMemoryMax);
}

TEST(AutoMemory, StaysWithinItsBounds) {
  EXPECT_EQ(
      auto_memory(
          {.memory_limit = 16 * kMiB, .memory_total = 1024 * kMiB, .cpu_quota = {}, .cores = 1}),
      kAutoMemoryMin);
  EXPECT_EQ(
      auto_memory(
          {.memory_limit = {}, .memory_total = 64 * 1024 * kMiB, .cpu_quota = {}, .cores = 1}),
      kAutoMemoryMax);
}

TEST(AutoLanes, AreAtMostFour) {
  EXPECT_EQ(auto_lanes({.memory_limit = {}, .memory_total = 0, .cpu_quota = {}, .cores = 64}), 4u);
  EXPECT_EQ(auto_lanes({.memory_limit = {}, .memory_total = 0, .cpu_quota = 0.1, .cores = 64}), 1u);
}

}  // namespace
}  // namespace pipeline
