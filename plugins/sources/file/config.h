#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/config/schema.h"
#include "pipeline/expr/label_spec.h"
#include "plugins/sources/file/utf16.h"

namespace plugins::sources::file {

enum class StartAt : std::uint8_t { beginning, end };
constexpr auto enum_names(StartAt) {
  return std::array{pipeline::EnumName{StartAt::beginning, "beginning"},
                    pipeline::EnumName{StartAt::end, "end"}};
}

enum class Format : std::uint8_t { lines, cri, docker, detect };
constexpr auto enum_names(Format) {
  return std::array{pipeline::EnumName{Format::lines, "lines"}, pipeline::EnumName{Format::cri, "cri"},
                    pipeline::EnumName{Format::docker, "docker"},
                    pipeline::EnumName{Format::detect, "auto"}};
}

constexpr auto enum_names(Encoding) {
  return std::array{pipeline::EnumName{Encoding::detect, "auto"},
                    pipeline::EnumName{Encoding::utf8, "utf-8"},
                    pipeline::EnumName{Encoding::utf16le, "utf-16le"},
                    pipeline::EnumName{Encoding::utf16be, "utf-16be"}};
}

enum class WatchMode : std::uint8_t { detect, poll };
constexpr auto enum_names(WatchMode) {
  return std::array{pipeline::EnumName{WatchMode::detect, "auto"},
                    pipeline::EnumName{WatchMode::poll, "poll"}};
}

// What the user sets. The README's table is made from the schema.
struct Config {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  StartAt start_at = StartAt::beginning;
  pipeline::Duration ignore_older = std::chrono::hours(24);
  Format format = Format::lines;
  Encoding encoding = Encoding::detect;
  pipeline::Size max_line{1024 * 1024};
  pipeline::Duration idle_flush = std::chrono::seconds(5);
  pipeline::Duration rotate_wait = std::chrono::seconds(5);
  std::uint32_t max_open_files = 512;
  WatchMode watch = WatchMode::detect;
  pipeline::Duration sweep_interval = std::chrono::seconds(10);
  pipeline::Duration poll_interval = std::chrono::seconds(1);
  bool exclude_self = true;
  pipeline::LabelSpec labels;
};

// Waits that nobody needs to set; tests shorten them.
struct Timing {
  // How often open files are looked at: growth of rotated ones, last lines, descriptors to close.
  pipeline::Duration tick = std::chrono::milliseconds(250);
  // Changes are collected for so long before they are acted on: fewer, larger reads.
  pipeline::Duration collect = std::chrono::milliseconds(10);
  // A file that did not grow for so long has its descriptor closed.
  pipeline::Duration close_idle = std::chrono::seconds(10);
  // Before a file is opened again that could not be, or read again whose records failed; doubled
  // with each failure up to retry_max.
  pipeline::Duration retry = std::chrono::seconds(1);
  pipeline::Duration retry_max = std::chrono::seconds(60);
  // Positions that advanced are handed to the store at most this often.
  pipeline::Duration save = std::chrono::seconds(1);
};

}  // namespace plugins::sources::file
