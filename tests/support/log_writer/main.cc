// Writes log files at a set rate, rotates them, and says at the end which lines it wrote.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/log_writer/line_maker.h"
#include "tests/support/log_writer/log_file.h"

namespace {

using namespace log_writer;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kUsage = R"(log_writer --dir DIR [OPTION VALUE]...
  --files N            how many files, PREFIX0.log and so on (default 1)
  --prefix TEXT        (default f)
  --hot PERCENT        so much of the load goes to the first file (default 0: all the same)
  --rate N             lines a second over all files, open loop; 0 (default): as fast as it goes
  --lines N            end after so many lines; 0 (default): no such end
  --seconds N          end after so long (default 60)
  --max-bytes N        end after so many bytes (default 8 GiB)
  --start N            first sequence of each file (default 0)
  --block N            lines in one write() (default 1)
  --tear N             write at most N bytes in one write(), so that half lines are seen; 0: off
  --mode json|plain    --line-bytes N (265)   --seed N
  --poison-every N     --poison-text TEXT     every N-th line is marked
  --long-every N       --long-bytes N         every N-th line is that long
  --invalid-utf8-every N                      --nul-every N
  --rotate rename|copytruncate --rotate-lines N --keep N (10) --rotate-pause-ms N
  --end-without-newline on    the last line of each file lacks it
Ends cleanly at SIGTERM. Prints {"files": {"f0": [begin, end]}, "lines": N, ...}.
)";

volatile std::sig_atomic_t stop_asked = 0;

struct Options {
  std::string directory;
  std::string prefix = "f";
  std::uint64_t files = 1;
  std::uint64_t hot_percent = 0;
  std::uint64_t rate = 0;
  std::uint64_t lines = 0;
  std::uint64_t seconds = 60;
  std::uint64_t max_bytes = 8ULL << 30U;
  std::uint64_t start = 0;
  std::uint64_t block = 1;
  std::uint64_t tear = 0;
  bool end_without_newline = false;
  LineStyle style;
  RotationPlan rotation;
};

bool take_text(std::string_view name, const std::string& value, Options& out) {
  if (name == "--dir") {
    out.directory = value;
  } else if (name == "--prefix") {
    out.prefix = value;
  } else if (name == "--poison-text") {
    out.style.poison_text = value;
  } else if (name == "--mode") {
    out.style.mode = value == "plain" ? Mode::plain : Mode::json;
  } else if (name == "--rotate") {
    out.rotation.kind = value == "rename" ? Rotation::rename : Rotation::copytruncate;
  } else if (name == "--end-without-newline") {
    out.end_without_newline = value == "on";
  } else {
    return false;
  }
  return true;
}

bool take(std::string_view name, const std::string& value, Options& out) {
  if (take_text(name, value, out)) return true;
  const std::vector<std::pair<std::string_view, std::uint64_t*>> numbers{
      {"--files", &out.files},
      {"--hot", &out.hot_percent},
      {"--rate", &out.rate},
      {"--lines", &out.lines},
      {"--seconds", &out.seconds},
      {"--max-bytes", &out.max_bytes},
      {"--start", &out.start},
      {"--block", &out.block},
      {"--tear", &out.tear},
      {"--line-bytes", &out.style.bytes},
      {"--seed", &out.style.seed},
      {"--poison-every", &out.style.poison_every},
      {"--long-every", &out.style.long_every},
      {"--long-bytes", &out.style.long_bytes},
      {"--invalid-utf8-every", &out.style.invalid_utf8_every},
      {"--nul-every", &out.style.nul_every},
      {"--rotate-lines", &out.rotation.lines},
      {"--keep", &out.rotation.keep},
      {"--rotate-pause-ms", &out.rotation.pause_ms},
  };
  for (const auto& [known, into] : numbers) {
    if (known != name) continue;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *into);
    return error == std::errc() && end == value.data() + value.size();
  }
  return false;
}

std::int64_t wall_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Writer {
 public:
  explicit Writer(const Options& options) : options_(options) {
    for (std::uint64_t i = 0; i < options.files; ++i) {
      files_.emplace_back(options.directory, options.prefix + std::to_string(i));
      files_.back().next = options.start;
    }
  }

  bool run() {
    bool good = true;
    while (good && !is_over()) {
      const std::uint64_t due = lines_due();
      if (due == 0) {
        constexpr std::chrono::milliseconds kTick{1};
        std::this_thread::sleep_for(kTick);
        continue;
      }
      good = write_block(choose_file(), std::min(due, options_.block));
    }
    return good;
  }

  void report() const {
    std::string files;
    for (const LogFile& file : files_) {
      files += fmt::format("{}\"{}\":[{},{}]", files.empty() ? "" : ",", file.name(),
                           options_.start, file.next);
    }
    const std::chrono::duration<double> took = Clock::now() - began_;
    fmt::print(
        "{{\"files\":{{{}}},\"lines\":{},\"bytes\":{},\"rotations\":{},\"seconds\":{:.3f}}}\n",
        files, lines_, bytes_, rotations_, took.count());
  }

 private:
  // More files than this are opened for one write each, as an application with many logs would.
  static constexpr std::size_t kOpenFilesMax = 512;
  // As fast as it goes, in pieces of so many lines, so that the ends are looked at.
  static constexpr std::uint64_t kPieceLines = 4096;

  bool is_over() const {
    return stop_asked != 0 || (options_.lines != 0 && lines_ >= options_.lines) ||
           bytes_ >= options_.max_bytes ||
           Clock::now() - began_ >= std::chrono::seconds(options_.seconds);
  }

  std::uint64_t lines_due() const {
    std::uint64_t due = kPieceLines;
    if (options_.rate != 0) {
      const std::chrono::duration<double> elapsed = Clock::now() - began_;
      const auto wanted =
          static_cast<std::uint64_t>(elapsed.count() * static_cast<double>(options_.rate));
      due = wanted > lines_ ? wanted - lines_ : 0;
    }
    return options_.lines == 0 ? due : std::min(due, options_.lines - lines_);
  }

  LogFile& choose_file() {
    ++turn_;
    if (files_.size() > 1 && turn_ % 100 < options_.hot_percent) return files_.front();
    round_ = (round_ + 1) % files_.size();
    return files_[round_];
  }

  bool write_block(LogFile& file, std::uint64_t count) {
    block_.clear();
    // Exactly so many lines in each generation, whatever the pace made of the blocks.
    if (options_.rotation.lines != 0) {
      count = std::min(count, options_.rotation.lines - file.since_rotation);
    }
    std::uint64_t sequence = file.next;
    // The clock may stand still for two lines; a log's times do not have to, but ours are unique.
    for (std::uint64_t i = 0; i < count; ++i) {
      last_ns_ = std::max(last_ns_ + 1, wall_clock_ns());
      make_line(options_.style, file.name(), sequence++, last_ns_, block_);
    }
    if (options_.end_without_newline && options_.lines != 0 &&
        lines_ + count + files_.size() * options_.block > options_.lines &&
        is_last_of(file, count)) {
      block_.pop_back();
    }
    if (!file.append(block_, options_.tear)) return fail("writing");
    file.next = sequence;
    file.since_rotation += count;
    lines_ += count;
    bytes_ += block_.size();
    if (options_.rotation.lines != 0 && file.since_rotation >= options_.rotation.lines) {
      if (!file.rotate(options_.rotation)) return fail("rotating");
      ++rotations_;
    }
    if (files_.size() > kOpenFilesMax) file.close();
    return true;
  }

  // With an equal share for each file, the last block of each is known beforehand.
  bool is_last_of(const LogFile& file, std::uint64_t count) const {
    return file.next - options_.start + count >= options_.lines / files_.size();
  }

  bool fail(std::string_view what) const {
    fmt::print(stderr, "log_writer: {} failed: {}\n", what, std::strerror(errno));
    return false;
  }

  const Options& options_;
  const Clock::time_point began_ = Clock::now();
  std::vector<LogFile> files_;
  std::string block_;
  std::uint64_t turn_ = 0;
  std::size_t round_ = 0;
  std::int64_t last_ns_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t rotations_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  (void)std::signal(SIGTERM, [](int) { stop_asked = 1; });
  (void)std::signal(SIGINT, [](int) { stop_asked = 1; });
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 >= argc || !take(argv[i], argv[i + 1], options)) {
      fmt::print(stderr, "log_writer: bad option '{}'\n{}", argv[i], kUsage);
      return 2;
    }
  }
  if (options.directory.empty() || options.files == 0 || options.block == 0) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  Writer writer(options);
  const bool good = writer.run();
  writer.report();
  return good ? 0 : 1;
}
