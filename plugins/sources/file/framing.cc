#include "plugins/sources/file/framing.h"

#include <algorithm>
#include <cstring>

namespace plugins::sources::file {
namespace {

// Where to cut so that no UTF-8 sequence is torn: at most 3 bytes before `at`.
std::size_t whole_characters(std::string_view line, std::size_t at) noexcept {
  std::size_t cut = at;
  for (int i = 0; i < 3 && cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80; ++i)
    --cut;
  return (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80 ? at : cut;
}

class LineSplitter {
 public:
  LineSplitter(std::string_view bytes, const Framing& framing, pipeline::LogBatch& batch,
               std::vector<std::uint32_t>& truncated)
      : bytes_(bytes), framing_(framing), batch_(batch), truncated_(truncated),
        is_wide_(framing.encoding != Encoding::utf8),
        is_big_endian_(framing.encoding == Encoding::utf16be) {}

  Framed run(Resume resume, bool is_last) {
    const std::size_t rows_before = batch_.rows();
    Framed out;
    out.resume = resume;
    if (out.resume == Resume::start) out.resume = begin_file(out.nul_bytes);
    if (out.resume == Resume::skip) out.resume = skip_rest();
    if (out.resume == Resume::line) out.resume = lines(is_last);
    out.consumed = at_;
    out.rows = static_cast<std::uint32_t>(batch_.rows() - rows_before);
    return out;
  }

 private:
  std::size_t width() const noexcept { return is_wide_ ? 2 : 1; }
  std::size_t find_newline(std::size_t from) const noexcept {
    if (is_wide_) return find_newline_utf16(bytes_, from, is_big_endian_);
    const void* found = std::memchr(bytes_.data() + from, '\n', bytes_.size() - from);
    return found == nullptr
               ? std::string_view::npos
               : static_cast<std::size_t>(static_cast<const char*>(found) - bytes_.data());
  }

  // A byte order mark, and the hole that copytruncate leaves below a writer that does not append.
  Resume begin_file(std::uint64_t& nul_bytes) {
    if (is_wide_) {
      if (detect_encoding(bytes_) == framing_.encoding) at_ = 2;
      return bytes_.size() < 2 ? Resume::start : Resume::line;
    }
    if (bytes_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    const std::size_t text = bytes_.find_first_not_of('\0', at_);
    const std::size_t end = text == std::string_view::npos ? bytes_.size() : text;
    nul_bytes = end - at_;
    at_ = end;
    return at_ == bytes_.size() ? Resume::start : Resume::line;
  }

  Resume skip_rest() {
    const std::size_t newline = find_newline(at_);
    if (newline == std::string_view::npos) {
      at_ = bytes_.size() - (bytes_.size() - at_) % width();
      return Resume::skip;
    }
    at_ = newline + width();
    return Resume::line;
  }

  Resume lines(bool is_last) {
    while (at_ < bytes_.size()) {
      const std::size_t newline = find_newline(at_);
      if (newline == std::string_view::npos) break;
      take(at_, newline);
      at_ = newline + width();
    }
    const std::size_t rest = bytes_.size() - at_;
    if (rest > framing_.max_line + width()) {  // the excess may be the '\r' of a line that just fits
      take(at_, bytes_.size());
      at_ = bytes_.size() - rest % width();
      return Resume::skip;
    }
    if (is_last && rest >= width()) {
      take(at_, bytes_.size());
      at_ = bytes_.size();
    }
    return Resume::line;
  }

  void take(std::size_t begin, std::size_t end) {
    std::string_view line = bytes_.substr(begin, end - begin);
    if (!is_wide_) {
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (line.size() > framing_.max_line) {
        line = line.substr(0, whole_characters(line, framing_.max_line));
        truncated_.push_back(static_cast<std::uint32_t>(batch_.rows()));
      }
    } else {
      if (line.size() > framing_.max_line + 2) {
        line = line.substr(0, framing_.max_line & ~std::size_t{1});
        truncated_.push_back(static_cast<std::uint32_t>(batch_.rows()));
      }
      line = utf16_to_utf8(line, is_big_endian_, batch_.frame.arena);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    }
    batch_.append(line, 0, static_cast<std::uint32_t>(begin), framing_.label_set);
  }

  std::string_view bytes_;
  const Framing& framing_;
  pipeline::LogBatch& batch_;
  std::vector<std::uint32_t>& truncated_;
  bool is_wide_;
  bool is_big_endian_;
  std::size_t at_ = 0;
};

}  // namespace

Framed frame_lines(std::string_view bytes, Resume resume, const Framing& framing, bool is_last,
                   pipeline::LogBatch& batch, std::vector<std::uint32_t>& truncated) {
  return LineSplitter(bytes, framing, batch, truncated).run(resume, is_last);
}

}  // namespace plugins::sources::file
