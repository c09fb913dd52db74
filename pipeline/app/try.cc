#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>
#include <ranges>
#include <set>

#include "pipeline/app/command.h"
#include "pipeline/app/configuration.h"
#include "pipeline/app/line_sample.h"
#include "pipeline/app/plural.h"
#include "pipeline/app/try_config.h"
#include "pipeline/app/try_records.h"
#include "pipeline/app/write_file.h"
#include "pipeline/codec/time_parse.h"
#include "pipeline/config/source_text.h"

namespace pipeline {
namespace {

constexpr std::size_t kMaxShown = 10'000;
// Characters of a line and of one value that are shown.
constexpr std::size_t kLineWidth = 160;
constexpr std::size_t kValueWidth = 60;
// The file source's ignore_older.
constexpr UnixNanos kDayNs = 86'400'000'000'000;
// Values of a level that are listed.
constexpr std::size_t kMaxListed = 8;

struct TryOptions {
  std::string file;
  std::string save;
  std::size_t count = 10;
  bool from_end = false;
};

// Text of records, safe for a terminal and short enough for it.
std::string shown(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t points = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_continuation = (byte & 0xc0) == 0x80;
    if (!is_continuation && ++points > width) return out + "…";
    if (byte < 0x20 || byte == 0x7f) {
      out += byte == '\t' ? std::string(" ") : fmt::format("\\x{:02x}", byte);
    } else {
      out += text[i];
    }
  }
  return out;
}

// Quoted where a value would not end where it seems to.
std::string value_text(std::string_view value) {
  std::string text = shown(value, kValueWidth);
  if (!text.empty() && text.find_first_of(" \"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\\\"") : std::string(1, c);
  return out + "\"";
}

std::string pairs_text(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs)
    out +=
        fmt::format("{}{}={}", out.empty() ? "" : " ", shown(name, kValueWidth), value_text(value));
  return out;
}

std::string time_text(UnixNanos time) {
  std::string out;
  append_rfc3339(out, time);
  return out;
}

void print_record(const TriedRecord& record) {
  fmt::print("\n{}\n", shown(record.line, kLineWidth));
  if (!record.error.empty()) fmt::print("  error     {}\n", record.error);
  fmt::print("  time      {}\n", record.has_own_time ? time_text(record.time) : "that of reading");
  fmt::print("  labels    {}\n", shown(record.labels, kLineWidth));
  if (!record.metadata.empty()) fmt::print("  metadata  {}\n", pairs_text(record.metadata));
  if (!record.fields.empty()) fmt::print("  fields    {}\n", pairs_text(record.fields));
  if (record.is_dropped) fmt::print("  dropped\n");
}

std::string share(std::size_t part, std::size_t whole) {
  return part == whole ? fmt::format("all {} lines", whole)
                       : fmt::format("{} of {} lines ({} %)", part, whole, part * 100 / whole);
}

// How a format of times reads, for humans.
std::string words_of(std::string_view format) {
  return std::string(format == "rfc3339" ? "RFC 3339" : format);
}

void print_plain(const Detected& detected, std::span<const std::string_view> lines, UnixNanos now) {
  if (detected.format == LineFormat::logfmt) {
    fmt::print("fields    {}\n", fmt::join(detected.fields | std::views::take(kMaxListed), ", "));
    if (!detected.time_field.empty())
      fmt::print("time      `{}` looks like one ({})\n", detected.time_field,
                 words_of(detected.time_format));
    fmt::print(
        "          this version has no logfmt transform: the lines are shipped as they are\n");
    return;
  }
  std::size_t count = 0;
  const TimeGuess guess = detect_leading_time(lines, now, count);
  if (guess.format.empty()) {
    fmt::print("time      none recognised: records get the time of reading\n");
    return;
  }
  fmt::print("time      like `{}` ({}) in {}\n", guess.example, words_of(guess.format),
             share(count, std::min<std::size_t>(lines.size(), 200)));
  fmt::print(
      "          this version takes times from fields only: records get the time of reading\n");
}

void print_fields(const Detected& detected, const std::vector<TriedRecord>& records) {
  const auto own =
      static_cast<std::size_t>(std::ranges::count_if(records, &TriedRecord::has_own_time));
  if (detected.time_field.empty()) {
    fmt::print("time      no field recognised: records get the time of reading\n");
  } else {
    fmt::print("time      `{}` ({}) in {}\n", detected.time_field, words_of(detected.time_format),
               share(own, records.size()));
  }
  if (!detected.level_field.empty()) {
    std::string values;
    for (const std::string& value : detected.level_values | std::views::take(kMaxListed))
      values += (values.empty() ? "" : ", ") + shown(value, kValueWidth);
    fmt::print("level     `{}`: {}\n", detected.level_field, values);
  }
  std::set<std::string_view> streams;
  for (const TriedRecord& record : records) streams.insert(record.labels);
  if (!detected.labels.empty())
    fmt::print("labels    {} ({})\n", fmt::join(detected.labels, ", "),
               plural(streams.size(), "stream"));
  if (!detected.candidates.empty())
    fmt::print("          few values as well: {}\n",
               fmt::join(detected.candidates | std::views::take(kMaxListed), ", "));
  const auto failed = static_cast<std::size_t>(std::ranges::count_if(
      records, [](const TriedRecord& record) { return !record.error.empty(); }));
  if (failed > 0)
    fmt::print("errors    {} do not parse and pass as they are\n", share(failed, records.size()));
}

std::string absolute(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) != nullptr ? std::string(resolved) : path;
}

// A path is a glob's literal text unless it has what globs give a meaning to.
std::string glob_of(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (std::string_view("*?[]{}\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

int save(const TryOptions& options, const std::string& configuration, FileSystem& files) {
  if (files.status(options.save)) {
    fmt::print(stderr, "{} exists: it is left as it is; give another name\n", options.save);
    return 1;
  }
  if (Result<> written = write_file(files, options.save, configuration); !written) {
    fmt::print(stderr, "{}: {}\n", options.save, written.error().message());
    return 1;
  }
  fmt::print("\nsaved {}\n\n  sluice check {}\n  LOKI_URL=http://... sluice run {}\n", options.save,
             options.save, options.save);
  return 0;
}

int try_lines(const TryOptions& options, const Registry& registry, FileSystem& files) {
  const bool is_stdin = options.file == "-";
  if (is_stdin && options.from_end) {
    fmt::print(stderr, "--tail needs a file: standard input has no end to begin at\n");
    return 2;
  }
  LineSample sample;
  const Result<> read = is_stdin ? sample_stdin(options.count, sample)
                                 : sample_file(files, options.file, options.from_end, sample);
  const std::string name = is_stdin ? std::string("standard input") : options.file;
  if (!read) {
    fmt::print(stderr, "{}: {}\n", name, read.error().message());
    return 1;
  }
  // With --tail the last lines are what was asked for.
  std::span<const std::string_view> lines = sample.lines;
  const std::size_t looked = std::max(kMaxDetectedLines, options.count);
  if (lines.size() > looked) lines = options.from_end ? lines.last(looked) : lines.first(looked);

  const SystemClock clock;
  const UnixNanos now = clock.unix_now();
  const Detected detected = detect(lines, now);
  const std::string path = is_stdin ? std::string("/var/log/app/*.log") : absolute(options.file);
  const TriedInput input{.name = is_stdin ? std::string("app") : source_name(options.file),
                         .include = is_stdin ? path : glob_of(path),
                         .origin = options.file,
                         .is_old = !is_stdin && sample.modified_ns < now - kDayNs};
  const std::string configuration = configuration_for(input, detected, registry);
  Diagnostics diagnostics;
  const std::vector<TriedRecord> records =
      try_records(configuration, is_stdin ? std::string("standard input") : path, input.name, lines,
                  registry, files, diagnostics);
  if (diagnostics.has_errors()) {
    fmt::print(stderr, "{}", diagnostics.to_text(wants_colour(STDERR_FILENO)));
    return 1;
  }

  fmt::print("{}: {}, {}{}\n", name, name_of(detected.format),
             share(detected.matched, detected.lines),
             sample.is_whole && lines.size() == sample.lines.size() ? "" : " that were looked at");
  if (detected.format == LineFormat::json ||
      (detected.format == LineFormat::logfmt && registry.transform("logfmt") != nullptr)) {
    print_fields(detected, records);
  } else {
    print_plain(detected, lines, now);
  }
  std::span<const TriedRecord> few = records;
  if (few.size() > options.count)
    few = options.from_end ? few.last(options.count) : few.first(options.count);
  for (const TriedRecord& record : few) print_record(record);

  if (!options.save.empty()) return save(options, configuration, files);
  fmt::print("\n`sluice try {} --save FILE` writes a configuration that ships this to Loki.\n",
             options.file);
  return 0;
}

}  // namespace

void add_try(CommandLine line) {
  CLI::App* command =
      line.app.add_subcommand("try", "See what a log file would become, without a configuration");
  auto options = std::make_shared<TryOptions>();
  command->add_option("FILE", options->file, "A log file; - for standard input")->required();
  command->add_option("-n,--count", options->count, "How many lines to show")
      ->check(CLI::Range(std::size_t{1}, kMaxShown))
      ->capture_default_str();
  command->add_flag("--tail", options->from_end, "Look at the end of the file, not its beginning");
  command->add_option("--save", options->save, "Write a complete configuration; never overwrites")
      ->type_name("FILE");
  command->callback(
      [options, line] { line.exit_code = try_lines(*options, line.registry, line.files); });
}

}  // namespace pipeline
