#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/component/sink.h"
#include "plugins/sinks/loki/streams.h"

namespace plugins::sinks::loki {

// What happens to a line that is longer than Loki takes.
enum class LongLines : std::uint8_t { truncate, drop };

// What Loki would refuse and can be known before it is sent.
struct LineLimits {
  std::uint64_t max_line = 256 * 1024;  // bytes; 0: any length
  LongLines long_lines = LongLines::truncate;
  pipeline::Nanoseconds reject_older{0};  // 0: any age
  pipeline::Nanoseconds reject_newer{0};  // how far in the future; 0: any time
};

// Counters of the sink, shared by its encoders.
struct EncoderCounters {
  pipeline::Counter sanitized;         // lines, labels and metadata with ill-formed UTF-8
  pipeline::Counter truncated;         // lines
  pipeline::Counter trimmed_metadata;  // pairs left out
};

// Rows to Loki's PushRequest. Each line is copied once into its stream's buffer and once more when
// the request is put together; nothing else touches its bytes but the check that they are UTF-8.
class PushEncoder final : public pipeline::EncoderOf<pipeline::LogBatch> {
 public:
  // `guard` and what the context lends outlive the encoder.
  PushEncoder(StreamRules rules, LineLimits limits, StreamGuard& guard, EncoderCounters counters,
              const pipeline::Context& context);

  std::size_t append(const pipeline::LogBatch& batch, const pipeline::Selection& live,
                     std::size_t begin, std::size_t end, std::size_t limit_bytes) override;
  std::size_t bytes() const override { return bytes_; }
  std::uint64_t records() const override { return records_; }
  std::vector<pipeline::Encoded> finish() override;
  std::vector<pipeline::Refused> take_refused() override;

 private:
  struct Metadata {
    std::string name;  // legal
    const std::vector<std::string_view>* values;
  };

  void plan_metadata(const pipeline::LogBatch& batch);
  // Finds a run of input that holds most lines of [begin, end), and checks it as a whole.
  void check_input(const pipeline::LogBatch& batch, std::size_t begin, std::size_t end,
                   std::size_t bytes_max);
  bool is_valid_text(std::string_view text) const noexcept;
  void put(Stream& stream, const Route& route, std::string_view line, pipeline::UnixNanos time,
           std::size_t row);
  void refuse(std::string_view reason);
  std::string_view shorten(std::string_view line);

  StreamTable streams_;
  const LineLimits limits_;
  EncoderCounters counters_;
  const pipeline::Context context_;

  std::size_t bytes_ = 0;
  std::uint64_t records_ = 0;
  std::vector<pipeline::Refused> refused_;

  // Of the batch in hand.
  std::vector<Metadata> metadata_;
  std::string_view valid_;  // input that is UTF-8 as a whole

  // Metadata of the row in hand: name, value; scratch.
  struct Pair {
    std::string_view name;
    std::string_view value;
    std::size_t size;  // encoded, without tag and length
  };
  std::vector<Pair> pairs_;
  std::string clean_line_;
  std::string clean_values_;
};

}  // namespace plugins::sinks::loki
