#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "pipeline/base/result.h"
#include "pipeline/model/log_batch.h"

namespace plugins::sources::loki {

// Label sets by the text that clients push them as, so that a stream that comes again costs a
// look-up. Bounded: past kRemembered streams everything is forgotten. One thread at a time.
class StreamLabels {
 public:
  static constexpr std::size_t kRemembered = 20'000;

  // `{a="b", c="d"}`, values quoted as Go does. invalid_data says what is wrong.
  pipeline::Result<pipeline::LabelSetRef> of(std::string_view selector);

 private:
  std::unordered_map<std::string, pipeline::LabelSetRef> known_;
};

pipeline::Result<std::vector<pipeline::Label>> parse_selector(std::string_view selector);

// The body of a push, decompressed, as rows. Views point into `body`, which must lie in a chunk that
// the batch owns, or into the batch's arena. After a failure the batch holds nothing of use.
//
// PushRequest of pkg/push/push.proto: stream = 1 {labels = 1, entry = 2 {timestamp = 1 {seconds = 1,
// nanos = 2}, line = 2, structuredMetadata = 3 {name = 1, value = 2}}}.
pipeline::Result<> decode_protobuf(std::string_view body, StreamLabels& streams, pipeline::LogBatch& batch);

// {"streams": [{"stream": {...}, "values": [["<ns>", "line", {...}?], ...]}]}
pipeline::Result<> decode_json(std::string_view body, pipeline::LogBatch& batch);

}  // namespace plugins::sources::loki
