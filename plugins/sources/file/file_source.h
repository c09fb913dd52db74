#pragma once

#include <memory>
#include <vector>

#include "pipeline/component/source.h"
#include "plugins/sources/file/catalog.h"
#include "plugins/sources/file/environment.h"
#include "plugins/sources/file/file_table.h"
#include "plugins/sources/file/opener.h"
#include "plugins/sources/file/reader.h"

namespace plugins::sources::file {

// Follows files and reads them line by line. Three coroutines on the source's strand: one reads and
// pushes, and may be held back for as long as the sinks are; one looks after files, verdicts and
// positions all the while; one waits for the kernel to report changes.
class FileSource final : public pipeline::Source {
 public:
  FileSource(Config config, PathFilter filter, const pipeline::SourceContext& context,
             Timing timing = {});

  pipeline::Task<pipeline::Result<>> run(pipeline::Output& out) override;
  void stop() override;

 private:
  pipeline::Task<> read(pipeline::Output& out);
  pipeline::Task<> look_after();
  pipeline::Task<> listen();

  void take_verdicts();
  void take_verdict(const Mailbox::Letter& letter);
  void tick();
  // Returns false when the file needs no more ticks.
  bool tick_file(const TailedFileRef& file, pipeline::Instant now);
  void rewind(TailedFile& file);
  void save_positions(bool is_final);

  Environment env_;
  FileTable table_;
  Opener opener_;
  Catalog catalog_;
  Reader reader_;
  std::vector<Mailbox::Letter> letters_;
  pipeline::Instant next_save_{};
  bool has_changes_ = false;  // the kernel has something to report
  bool is_over_ = false;      // one of the coroutines has ended: so do the others
  struct Listener;
  Listener* listener_ = nullptr;  // lives in listen()
};

}  // namespace plugins::sources::file
