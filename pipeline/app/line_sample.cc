#include "pipeline/app/line_sample.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace pipeline {
namespace {

// How long a pipe may pause after a line before what came is taken for all of it.
constexpr int kPauseMs = 300;
// Bytes looked at to tell text from other things.
constexpr std::size_t kLookBytes = 8192;
// Control characters per hundred bytes above which it is no text. Colours of terminals are well
// below it.
constexpr std::size_t kMaxControlPercent = 10;

struct Magic {
  std::string_view bytes;
  std::string_view what;
};
constexpr Magic kMagic[] = {
    {"\x1f\x8b", "compressed with gzip: try `zcat FILE | sluice try -`"},
    {"\x28\xb5\x2f\xfd", "compressed with zstd: try `zstdcat FILE | sluice try -`"},
    {"\xfd"
     "7zXZ",
     "compressed with xz: try `xzcat FILE | sluice try -`"},
    {"BZh", "compressed with bzip2: try `bzcat FILE | sluice try -`"},
    {"LPKSHHRH", "a journal of systemd: try `journalctl -o json | sluice try -`"},
    {"\xff\xfe", "UTF-16: try `iconv -f utf-16 -t utf-8 FILE | sluice try -`"},
    {"\xfe\xff", "UTF-16: try `iconv -f utf-16 -t utf-8 FILE | sluice try -`"},
};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\x1b') || byte == 0x7f;
}

// Why this is no text of lines; "" when it is.
std::string_view not_text(std::string_view text) {
  for (const Magic& magic : kMagic)
    if (text.starts_with(magic.bytes)) return magic.what;
  const std::string_view look = text.substr(0, kLookBytes);
  const auto controls = static_cast<std::size_t>(std::ranges::count_if(look, is_control));
  return controls * 100 > look.size() * kMaxControlPercent ? "binary, not lines of text" : "";
}

Result<> split(LineSample& sample, bool cut_first) {
  std::string_view rest = sample.text;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);  // a byte-order mark
  if (const std::string_view why = not_text(rest); !why.empty())
    return failure(Errc::invalid_data, "it is " + std::string(why));
  if (cut_first) rest.remove_prefix(std::min(rest.find('\n') + 1, rest.size()));
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    // A line that the sample cuts in two is not looked at, unless there is no other.
    if (end == std::string_view::npos && !sample.is_whole && !sample.lines.empty()) break;
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) sample.lines.push_back(line);
  }
  if (sample.lines.empty()) return failure(Errc::invalid_data, "it has no lines");
  return {};
}

}  // namespace

Result<> sample_file(FileSystem& files, const std::string& path, bool from_end,
                     LineSample& sample) {
  Result<FileStatus> status = files.status(path);
  if (!status) return std::unexpected(std::move(status.error()));
  if (status->kind == FileKind::directory)
    return failure(Errc::invalid_data, "it is a directory: name one of its files");
  if (status->kind != FileKind::regular)
    return failure(Errc::invalid_data, "it is no regular file: try `sluice try - < FILE`");
  if (status->size == 0) return failure(Errc::invalid_data, "it is empty");
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read);
  if (!file) return std::unexpected(std::move(file.error()));
  const std::uint64_t begin =
      from_end && status->size > kSampleBytes ? status->size - kSampleBytes : 0;
  sample.file_bytes = status->size;
  sample.modified_ns = status->modified_ns;
  sample.text.resize(static_cast<std::size_t>(std::min<std::uint64_t>(status->size, kSampleBytes)));
  const Result<std::size_t> read = (*file)->read_at(sample.text, begin);
  if (!read) return std::unexpected(read.error());
  sample.text.resize(*read);
  sample.is_whole = begin + *read >= status->size;
  return split(sample, begin > 0);
}

Result<> sample_stdin(std::size_t lines_enough, LineSample& sample) {
  std::array<char, 65536> buffer;
  std::size_t lines = 0;
  while (sample.text.size() < kSampleBytes) {
    if (lines >= lines_enough) {
      pollfd ready{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, kPauseMs) == 0) break;
    }
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::unexpected(Error::from_errno(errno, "reading"));
    if (size == 0) {
      sample.is_whole = true;
      break;
    }
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(size));
    lines += static_cast<std::size_t>(std::ranges::count(piece, '\n'));
    sample.text += piece;
  }
  sample.file_bytes = sample.text.size();
  if (sample.text.empty()) return failure(Errc::invalid_data, "it is empty");
  return split(sample, false);
}

}  // namespace pipeline
