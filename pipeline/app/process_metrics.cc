#include "pipeline/app/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace pipeline {
namespace {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Pages from /proc/self/statm: total and resident.
double statm_bytes(int field) {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long long total = 0, resident = 0;
  const int read = std::fscanf(file, "%llu %llu", &total, &resident);
  std::fclose(file);
  if (read != 2) return 0;
  return static_cast<double>(field == 0 ? total : resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  double count = 0;
  while (const dirent* entry = ::readdir(directory))
    if (entry->d_name[0] != '.') ++count;
  ::closedir(directory);
  return count - 1;  // the one of opendir itself
}

double descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void export_process_metrics(Meters& meters, const MeterScope& scope) {
  const double started =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  meters.observe(scope, MetricKind::counter, "process_cpu_seconds_total",
                 "User and system CPU time spent.", {}, cpu_seconds);
  meters.observe(scope, MetricKind::gauge, "process_resident_memory_bytes", "Resident memory.", {},
                 [] { return statm_bytes(1); });
  meters.observe(scope, MetricKind::gauge, "process_virtual_memory_bytes", "Virtual memory.", {},
                 [] { return statm_bytes(0); });
  meters.observe(scope, MetricKind::gauge, "process_open_fds", "Open file descriptors.", {},
                 open_descriptors);
  meters.observe(scope, MetricKind::gauge, "process_max_fds", "Limit of open file descriptors.", {},
                 descriptor_limit);
  meters.observe(scope, MetricKind::gauge, "process_start_time_seconds",
                 "Start of the process in Unix seconds.", {}, [started] { return started; });
}

}  // namespace pipeline
