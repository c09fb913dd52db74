#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pipeline/component/sink.h"
#include "plugins/sinks/file/path.h"

namespace plugins::sinks::file {

enum class Format : std::uint8_t { json, line };

// Bounds how many files records may bring into being. One per sink; thread-safe.
class KnownFiles {
 public:
  // `max` 0: any number.
  explicit KnownFiles(std::uint64_t max) : max_(max) {}
  // False for a path that would be one too many.
  bool admit(const std::string& path);

 private:
  const std::uint64_t max_;
  std::mutex mutex_;
  std::unordered_set<std::string> paths_;
};

// Rows to lines, one buffer per file. A request is for one file: its path below the root stands in
// Encoded::tenant.
class LineEncoder final : public pipeline::EncoderOf<pipeline::LogBatch> {
 public:
  // `known` and `log` outlive the encoder. `path` is bound.
  LineEncoder(PathTemplate path, Format format, KnownFiles& known, pipeline::Log& log,
              std::string id)
      : path_(std::move(path)), format_(format), known_(known), log_(log), id_(std::move(id)) {}

  std::size_t append(const pipeline::LogBatch& batch, const pipeline::Selection& live,
                     std::size_t begin, std::size_t end, std::size_t limit_bytes) override;
  std::size_t bytes() const override { return bytes_; }
  std::uint64_t records() const override { return records_; }
  std::vector<pipeline::Encoded> finish() override;
  std::vector<pipeline::Refused> take_refused() override;

 private:
  // Null for a file that is one too many.
  pipeline::Encoded* request_of(const std::string& path);

  PathTemplate path_;
  const Format format_;
  KnownFiles& known_;
  pipeline::Log& log_;
  const std::string id_;
  std::unordered_map<std::string, pipeline::Encoded> requests_;
  std::vector<std::string> order_;
  std::string current_;  // the latest row's path
  pipeline::Encoded* current_request_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t refused_ = 0;
  std::string rendered_;
};

}  // namespace plugins::sinks::file
