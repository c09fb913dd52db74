#include "pipeline/base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace pipeline {
namespace {

// Bounds the memory of repeat suppression; past it the oldest knowledge is simply forgotten.
constexpr std::size_t kRememberedMessages = 1024;
constexpr std::chrono::seconds kRepeatWindow{60};

void append_escaped(fmt::memory_buffer& out, std::string_view text) {
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      fmt::format_to(std::back_inserter(out), "\\n");
    } else if (u < 0x20 || u == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", u);
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

std::string_view name_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::debug: return "debug";
    case Severity::info: return "info";
    case Severity::warning: return "warn";
    case Severity::error: return "error";
  }
  return "info";
}

struct StreamLog::Impl {
  struct Seen {
    std::chrono::steady_clock::time_point last;
    std::uint64_t held_back = 0;
  };
  int descriptor;
  Severity lowest;
  std::mutex mutex;
  std::unordered_map<std::string, Seen> seen;
  Listener listener;
};

StreamLog::StreamLog(int descriptor, Severity lowest) : impl_(new Impl{descriptor, lowest, {}, {}, {}}) {}
StreamLog::~StreamLog() { delete impl_; }

void StreamLog::listen(Listener listener) {
  const std::lock_guard lock(impl_->mutex);
  impl_->listener = std::move(listener);
}

void StreamLog::write(Severity severity, std::string_view component, std::string_view text) {
  if (severity < impl_->lowest) return;
  const std::lock_guard lock(impl_->mutex);
  const auto now = std::chrono::steady_clock::now();
  if (impl_->seen.size() > kRememberedMessages) impl_->seen.clear();
  std::string key;
  key.reserve(component.size() + text.size() + 1);
  key.append(component).append(1, '\0').append(text);
  auto [entry, fresh] = impl_->seen.try_emplace(std::move(key), Impl::Seen{now, 0});
  std::uint64_t repeats = 0;
  if (!fresh) {
    if (now - entry->second.last < kRepeatWindow) {
      ++entry->second.held_back;
      return;
    }
    repeats = std::exchange(entry->second.held_back, 0);
    entry->second.last = now;
  }

  fmt::memory_buffer line;
  const auto wall = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto millis = wall.time_since_epoch().count() % 1000;
  fmt::format_to(std::back_inserter(line), "ts={:%Y-%m-%dT%H:%M:%S}.{:03d}Z level={} component={} msg=\"",
                 fmt::gmtime(std::chrono::system_clock::to_time_t(wall)), millis, name_of(severity),
                 component);
  append_escaped(line, text);
  line.push_back('"');
  if (repeats > 0) fmt::format_to(std::back_inserter(line), " repeated={}", repeats);
  line.push_back('\n');
  // One write per line; a full or closed stderr must not stop the agent.
  [[maybe_unused]] const auto written = ::write(impl_->descriptor, line.data(), line.size());
  if (impl_->listener) impl_->listener(severity, component, text);
}

}  // namespace pipeline
