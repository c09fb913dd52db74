#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "pipeline/component/source.h"
#include "pipeline/config/decode.h"
#include "pipeline/config/units.h"
#include "pipeline/expr/label_spec.h"
#include "plugins/sources/demo/generator.h"

namespace plugins::sources::demo {

constexpr auto enum_names(Format) {
  return std::array{pipeline::EnumName{Format::json, "json"}, pipeline::EnumName{Format::logfmt, "logfmt"},
                    pipeline::EnumName{Format::plain, "plain"}, pipeline::EnumName{Format::trace, "trace"},
                    pipeline::EnumName{Format::mixed, "mixed"}};
}

struct Config {
  pipeline::Rate rate{1000, false};
  std::uint64_t count = 0;
  std::uint64_t seed = 1;
  Format format = Format::mixed;
  pipeline::LabelSpec labels;
};

// Makes lines at a rate. When the sinks are slow it makes fewer, and does not catch up.
class DemoSource final : public pipeline::Source {
 public:
  DemoSource(Config config, const pipeline::SourceContext& context);
  pipeline::Task<pipeline::Result<>> run(pipeline::Output& out) override;

 private:
  std::unique_ptr<pipeline::LogBatch> make_batch(std::uint64_t lines, pipeline::Instant began);
  void prepare_partition();

  Config config_;
  pipeline::SourceContext context_;
  Generator generator_;
  pipeline::PartitionRef partition_;
  pipeline::LabelSetRef labels_;
  pipeline::UnixNanos latest_ = 0;
  std::string scratch_;  // lines of the batch in hand
};

}  // namespace plugins::sources::demo
