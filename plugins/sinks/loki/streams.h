#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/expr/text.h"
#include "pipeline/model/arena.h"
#include "pipeline/model/log_batch.h"
#include "plugins/sinks/loki/guard.h"

namespace plugins::sinks::loki {

// How a record finds its stream. One per encoder, because texts are rendered.
struct StreamRules {
  struct RowLabel {
    std::string name;  // legal
    pipeline::Text text;
  };
  std::vector<RowLabel> row_labels;   // texts with names in the sink's `labels`; bound
  std::vector<pipeline::Label> fill;  // its constant labels, then agent.labels
  // Bound when it has names; missing: the row's own $tenant.
  std::optional<pipeline::Text> tenant;
  std::uint64_t max_labels = 15;  // 0: as many as there are
};

// One stream of the request that is being built.
struct Stream {
  std::string tenant;
  std::string labels;   // {a="b", c="d"}
  std::string entries;  // encoded, each with its tag and length
  std::uint64_t records = 0;
  pipeline::UnixNanos oldest = 0;
  pipeline::UnixNanos newest = 0;
};

// Where rows with one identity go.
struct Route {
  Stream* stream = nullptr;  // null: refused
  std::string_view refusal;  // the reason then
  std::string metadata;      // demoted labels, encoded as fields of an Entry
  std::uint32_t metadata_pairs = 0;
  pipeline::LabelSetRef set;  // keeps the address, which is a part of the key, from being reused
  std::uint64_t window = 0;   // of the guard, in which it was admitted
};

// The streams of one encoder: found by the address of a row's label set, its tenant and the texts
// that differ by row. In the steady state a look-up allocates nothing.
class StreamTable {
 public:
  // Identities that are remembered between requests; more of them are made anew.
  static constexpr std::size_t kRoutesMax = 8192;

  // `guard` outlives the table.
  StreamTable(StreamRules rules, StreamGuard& guard, const pipeline::Context& context);

  // Before the rows of a batch are looked up. Routes of earlier batches may be gone afterwards,
  // streams that hold records are not.
  void begin(const pipeline::LogBatch& batch, pipeline::Instant now);

  const Route& find(const pipeline::LogBatch& batch, std::size_t row) {
    if (is_by_label_set_) {
      const std::uint32_t index = batch.labels[row];
      if (const Route* known = by_index_[index]) return *known;
      return *(by_index_[index] = &look_up(batch, row));
    }
    return look_up(batch, row);
  }

  // Streams that got records since the last call of settle(), by first record.
  std::vector<Stream*>& active() noexcept { return active_; }
  // After the active streams were encoded: empties them and keeps the memory of their buffers, not
  // that of streams that have become idle.
  void settle();

 private:
  const Route& look_up(const pipeline::LogBatch& batch, std::size_t row);
  void make(Route& route, std::string_view tenant, const pipeline::LabelSetRef& set);
  void refuse(Route& route, std::string_view reason, const std::string& why);

  StreamRules rules_;
  StreamGuard& guard_;
  const pipeline::Context context_;

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  template <class T>
  using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

  TextMap<std::unique_ptr<Route>> routes_;
  TextMap<std::unique_ptr<Stream>>
      streams_;                         // by tenant and labels: equal sets may have two addresses
  std::vector<const Route*> by_index_;  // of the current batch's label dictionary
  std::vector<Stream*> active_;
  std::vector<Stream*> previous_;         // active before the last settle()
  std::string key_;                       // scratch
  pipeline::Arena arena_;                 // texts of the batch in hand
  std::vector<std::string_view> values_;  // of the row in hand, one per row label
  std::string text_;                      // scratch
  std::vector<std::string> demoted_;
  std::uint64_t generation_ = 0;
  std::uint64_t window_ = 0;
  const bool has_row_texts_;
  bool is_by_label_set_ = true;
  bool has_complained_ = false;
};

}  // namespace plugins::sinks::loki
