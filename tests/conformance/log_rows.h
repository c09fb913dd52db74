#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/model/log_batch.h"

namespace conformance {

// Counts what became of the acks that it made.
class Verdicts final : public pipeline::AckOwner {
 public:
  void settled(const pipeline::AckGroup&, pipeline::Outcome worst) noexcept override {
    ++settled_count;
    last = worst;
  }
  int settled_count = 0;
  pipeline::Outcome last = pipeline::Outcome::delivered;
};

// A batch of two parts, a row for each of `lines`, labelled {app="shop"}. Every third row is dead.
inline std::unique_ptr<pipeline::LogBatch> log_rows(const pipeline::FieldPlan& fields,
                                                    const std::vector<std::string>& lines,
                                                    boost::intrusive_ptr<Verdicts> verdicts) {
  using namespace pipeline;  // NOLINT(google-build-using-namespace)
  auto batch = std::make_unique<LogBatch>();
  batch->bind(fields);
  batch->label_sets.push_back(LabelSet::make({{"app", "shop"}}));
  std::size_t size = 1;
  for (const std::string& line : lines) size += line.size() + 1;
  ChunkRef chunk = Chunk::allocate(size);
  char* out = chunk->data();
  const PartitionRef partition(new Partition(7, {{"file.path", "/var/log/app/a.log"}}));
  Part part;
  part.partition = partition;
  const auto close_part = [&] {
    part.rows = static_cast<std::uint32_t>(batch->rows()) - part.first_row;
    part.ack = Ack(verdicts, batch->frame.parts.size());
    batch->frame.parts.push_back(std::move(part));
    part = Part();
    part.partition = partition;
    part.first_row = static_cast<std::uint32_t>(batch->rows());
  };
  std::uint32_t offset = 0;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    std::memcpy(out, lines[row].data(), lines[row].size());
    batch->append({out, lines[row].size()}, 1'784'116'800'000'000'000 + static_cast<UnixNanos>(row),
                  offset, 0);
    out += lines[row].size();
    *out++ = '\n';
    offset += static_cast<std::uint32_t>(lines[row].size()) + 1;
    if (row == lines.size() / 2) close_part();
  }
  close_part();
  batch->frame.chunks.push_back(std::move(chunk));
  batch->frame.live.reset(batch->rows());
  for (std::size_t row = 2; row < batch->rows(); row += 3) batch->frame.live.clear(row);
  batch->frame.source = std::make_shared<const std::string>("x");
  batch->frame.raw_bytes = size;
  return batch;
}

// Lines of every kind that a plugin may meet.
inline const std::vector<std::string>& odd_lines() {
  using namespace std::string_literals;  // NOLINT(google-build-using-namespace)
  static const std::vector<std::string> lines = {
      R"({"ts":"2026-07-15T12:00:00Z","level":"info","service":"shop","trace_id":"a1","msg":"ok"})",
      R"({"ts":"no time","level":"debug","msg":"\u0041 \ud800 \n"})",
      R"({"level":null,"msg":{"a":[1,2]},"status":502,"took":"1.2s"})",
      "plain text, no JSON",
      R"({"level":"error","msg":"cut)",
      "",
      "\0\x01 \xff\xfe bytes"s,
      std::string(20'000, 'x'),
      R"({"level":"info"} trailing)",
      R"([1,2,3])",
      R"({"$body":"x","":1,"a.b":2,"level":"info","level":"warn"})",
      "level=info msg=\"a b\"",
  };
  return lines;
}

}  // namespace conformance
