#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "pipeline/base/fs.h"
#include "pipeline/component/sink.h"

namespace plugins::sinks::file {

struct WriterOptions {
  std::string root;
  std::uint64_t rotate_bytes = 0;       // 0: never by size
  pipeline::Nanoseconds rotate_age{0};  // 0: never by age
  std::uint64_t open_max = 64;          // files that are open at a time
  bool appends_frames = false;          // compressed: a file of an earlier run is not added to
};

// Appends requests to files. Each request is written whole or not at all: what a failed write has
// left is cut off before anything else is written. Rotates by renaming `name` to `name.TIME`
// (before a ".zst"). Thread-safe: requests of one file follow each other, those of different files
// do not wait.
class FileWriter final : public pipeline::Transport {
 public:
  // `context`'s references outlive the writer.
  FileWriter(WriterOptions options, const pipeline::Context& context);
  ~FileWriter() override;

  pipeline::Task<pipeline::Result<pipeline::Response>> send(const pipeline::Encoded& request,
                                                            pipeline::Instant deadline) override;
  // Syncs and closes all files.
  void close() override;

 private:
  struct Target {
    std::mutex mutex;
    std::unique_ptr<pipeline::File> file;  // null: closed
    std::uint64_t inode = 0;
    std::uint64_t device = 0;
    std::uint64_t size = 0;  // of whole requests
    bool is_known = false;   // `size` is what this run has written up to
    bool is_dirty = false;   // something stands behind `size`
    pipeline::Instant opened{};
  };

  std::shared_ptr<Target> target(const std::string& relative);
  pipeline::Result<> write(Target& target, const std::string& relative, const std::string& body);
  pipeline::Result<> open(Target& target, const std::string& relative);
  pipeline::Result<> rotate(Target& target, const std::string& relative);
  void shut(Target& target);
  // Closes the files that have not been written to for longest.
  void close_some();

  const WriterOptions options_;
  const pipeline::Context context_;

  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Target>> targets_;
  std::list<std::string> recent_;  // of open files, the latest first
};

}  // namespace plugins::sinks::file
