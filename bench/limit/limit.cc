// What this machine could do: a loop with nothing in it but the unavoidable work of "file -> three
// JSON fields, time, two labels, drop by level -> Loki". The agent is measured as a fraction of it.
//
//   sluice_limit --file FILE [--port PORT] [--variant ondemand|scan] [--no-send]
//                [--compression snappy|none] [--drop LEVEL] [--time F] [--level F] [--service F]
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "bench/limit/parse_line.h"
#include "bench/limit/push_requests.h"

namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::size_t kLineMax = 1024 * 1024;
constexpr std::size_t kPadding = 64;

struct Options {
  std::string file;
  int port = 0;
  bool is_scanning = false;
  bool sends = true;
  bool is_compressed = true;
  std::string drop = "debug";
  bench::FieldNames names;
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--no-send") {
      options.sends = false;
      continue;
    }
    if (i + 1 >= argc) return false;
    const std::string value = argv[++i];
    if (name == "--file") {
      options.file = value;
    } else if (name == "--port") {
      options.port = std::atoi(value.c_str());
    } else if (name == "--variant") {
      options.is_scanning = value == "scan";
    } else if (name == "--compression") {
      options.is_compressed = value != "none";
    } else if (name == "--drop") {
      options.drop = value;
    } else if (name == "--time") {
      options.names.time = value;
    } else if (name == "--level") {
      options.names.level = value;
    } else if (name == "--service") {
      options.names.service = value;
    } else {
      return false;
    }
  }
  return !options.file.empty() && (options.port > 0 || !options.sends);
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(
        stderr,
        "usage: sluice_limit --file FILE (--port PORT | --no-send) [--variant ondemand|scan] "
        "[--compression snappy|none] [--drop LEVEL] [--time F] [--level F] [--service F]\n");
    return 2;
  }
  const int file = ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    std::perror(options.file.c_str());
    return 1;
  }
  const auto parser = options.is_scanning ? bench::scanning_parser(options.names)
                                          : bench::on_demand_parser(options.names);
  bench::PushRequests requests(options.sends ? options.port : 0, options.is_compressed);
  const auto buffer = std::make_unique<char[]>(kLineMax + kChunk + kPadding);
  std::uint64_t bytes = 0, lines = 0, kept = 0, failed = 0;
  std::size_t held = 0;  // of an incomplete line
  const auto began = std::chrono::steady_clock::now();
  while (true) {
    const ssize_t got = ::read(file, buffer.get() + held, kChunk);
    if (got < 0) {
      std::perror("read");
      return 1;
    }
    if (got == 0) break;
    bytes += static_cast<std::uint64_t>(got);
    const char* at = buffer.get();
    const char* end = at + held + static_cast<std::size_t>(got);
    // On-Demand checks UTF-8 itself, line by line.
    bool is_valid = !options.is_scanning;
    while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
      if (!is_valid) {
        const char* last =
            static_cast<const char*>(::memrchr(at, '\n', static_cast<std::size_t>(end - at)));
        if (!bench::is_valid_utf8({at, static_cast<std::size_t>(last - at)})) ++failed;
        is_valid = true;
      }
      const std::string_view line(at,
                                  static_cast<std::size_t>(static_cast<const char*>(found) - at));
      at = static_cast<const char*>(found) + 1;
      ++lines;
      bench::LineFields fields;
      std::int64_t time = 0;
      if (!parser->parse(line, fields) || !bench::parse_rfc3339(fields.time, time)) {
        ++failed;
        continue;
      }
      if (fields.level == options.drop) continue;
      ++kept;
      requests.add(fields.service, fields.level, time, line);
    }
    held = static_cast<std::size_t>(end - at);
    if (held > kLineMax) {
      std::fprintf(stderr, "a line is longer than this loop is made for\n");
      return 1;
    }
    std::memmove(buffer.get(), at, held);
  }
  requests.flush();
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  ::close(file);
  const double cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::printf(
      "{\"variant\": \"%s\", \"compression\": \"%s\", \"megabytes\": %.3f, \"lines\": %llu, "
      "\"kept\": %llu, \"failed\": %llu, \"requests\": %llu, \"sent_bytes\": %llu, "
      "\"cpu_user_seconds\": %.4f, \"cpu_system_seconds\": %.4f, \"wall_seconds\": %.4f, "
      "\"megabytes_per_cpu_second\": %.1f, \"rss_kib\": %ld}\n",
      options.is_scanning ? "scan" : "ondemand", options.is_compressed ? "snappy" : "none",
      megabytes, static_cast<unsigned long long>(lines), static_cast<unsigned long long>(kept),
      static_cast<unsigned long long>(failed), static_cast<unsigned long long>(requests.requests()),
      static_cast<unsigned long long>(requests.sent_bytes()), seconds(usage.ru_utime),
      seconds(usage.ru_stime), wall, cpu > 0 ? megabytes / cpu : 0.0, usage.ru_maxrss);
  return failed == 0 ? 0 : 1;
}
