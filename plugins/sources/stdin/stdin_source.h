#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/component/source.h"
#include "pipeline/config/units.h"
#include "pipeline/expr/label_spec.h"
#include "pipeline/model/chunk.h"

namespace plugins::sources::stdin {

struct Config {
  pipeline::Size max_line{1024 * 1024};
  pipeline::LabelSpec labels;
};

// Reads lines from a descriptor until its end, then ends. It cannot read anything twice: what was
// read and not delivered when the agent is killed is lost.
class StdinSource final : public pipeline::Source {
 public:
  // `descriptor` is not closed: it belongs to the process.
  StdinSource(Config config, const pipeline::SourceContext& context, int descriptor = 0);

  pipeline::Task<pipeline::Result<>> run(pipeline::Output& out) override;

 private:
  // Appends the lines of `bytes` to the batch; returns how much of it was taken.
  std::size_t split(std::string_view bytes, bool is_last, pipeline::LogBatch& batch);
  void append(std::string_view line, std::size_t offset, bool is_cut, pipeline::LogBatch& batch);
  pipeline::Task<pipeline::Result<std::size_t>> read_some(std::span<char> into);
  void prepare_partition();

  Config config_;
  pipeline::SourceContext context_;
  int descriptor_;
  pipeline::PartitionRef partition_;
  pipeline::LabelSetRef labels_;
  pipeline::Counter truncated_lines_;
  std::uint64_t position_ = 0;  // bytes before the batch in hand
  pipeline::UnixNanos latest_ = 0;
  bool is_skipping_ = false;    // the rest of a line that was cut off
};

}  // namespace plugins::sources::stdin
