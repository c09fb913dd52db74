#include "plugins/sources/file/reader.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include "pipeline/base/assert.h"
#include "pipeline/base/notifier.h"
#include "pipeline/expr/label_setter.h"

namespace plugins::sources::file {

using pipeline::ChunkRef;
using pipeline::Instant;
using pipeline::LogBatch;
using pipeline::Output;
using pipeline::Part;
using pipeline::Result;
using pipeline::Task;
namespace asio = boost::asio;

namespace {

// Space for less than this is not worth a read.
constexpr std::size_t kLeastRoom = 8 * 1024;
// Files in one batch, at most: each costs a part and an ack.
constexpr std::size_t kMostParts = 256;
// How long to wait for a chunk to come back from the lanes, which tell nobody.
constexpr std::chrono::milliseconds kChunkWait{1};

}  // namespace

struct Reader::Building {
  LogBatch& batch;
  std::size_t used = 0;   // of the chunk
  std::vector<TailedFileRef> to_save;
};

Reader::Reader(Environment& env, FileTable& table, Opener& opener)
    : env_(env), table_(table), opener_(opener),
      pool_(pipeline::ChunkPool::make(kChunks, kChunkBytes)) {}

Task<> Reader::run(Output& out) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
    const std::uint64_t seen = table_.ready_wake.epoch();
    if (table_.ready.empty()) {
      Task<> waiting = table_.ready_wake.wait(seen);
      co_await std::move(waiting);
      continue;
    }
    ChunkRef chunk = pool_->try_take();
    if (!chunk) {
      Task<> waiting = env_.context.clock.sleep_for(kChunkWait);
      co_await std::move(waiting);
      continue;
    }
    std::size_t lane = 0;
    std::unique_ptr<LogBatch> built = build(out, chunk, lane);
    chunk.reset();
    if (built) {
      pipeline::Batch batch = std::move(built);
      Task<Result<>> pushing = out.push(std::move(batch), lane);
      const Result<> pushed = co_await std::move(pushing);
      if (!pushed) co_return;
    }
    // Pushing may never have suspended: let the others of this strand have their turn.
    co_await asio::post(executor, asio::as_tuple(asio::use_awaitable));
  }
}

bool Reader::waits_for_predecessor(const TailedFile& file) const {
  const TailedFileRef before = file.predecessor.lock();
  return before && before->is_queued && !before->is_failing() && !before->is_rewinding &&
         before.get() != &file;
}

std::unique_ptr<LogBatch> Reader::build(Output& out, const ChunkRef& chunk, std::size_t& lane) {
  auto batch = std::make_unique<LogBatch>();
  batch->body.reserve(usual_rows_);
  batch->time.reserve(usual_rows_);
  batch->offset.reserve(usual_rows_);
  batch->labels.reserve(usual_rows_);
  truncated_.clear();
  passed_over_.clear();
  Building building{*batch, 0, {}};
  bool has_lane = false;
  for (std::size_t left = table_.ready.size(); left > 0; --left) {
    if (chunk->capacity() - building.used < kLeastRoom || batch->frame.parts.size() >= kMostParts)
      break;
    TailedFileRef file = std::move(table_.ready.front());
    table_.ready.pop_front();
    const bool may_be_read = file->number != 0 && !file->is_rewinding && file->is_identified;
    if (may_be_read && waits_for_predecessor(*file)) {
      table_.ready.push_back(std::move(file));
      continue;
    }
    file->is_queued = false;
    // The tick queues it again when it may be read.
    if (!may_be_read || !opener_.open(file)) continue;
    prepare_partition(*file);
    const std::size_t its_lane = out.lane_of(*file->partition);
    if (has_lane && its_lane != lane) {
      file->is_queued = true;
      passed_over_.push_back(std::move(file));
      continue;
    }
    lane = its_lane;
    const Turn turn = read(file, chunk, building);
    has_lane = has_lane || batch->rows() > 0;
    if (turn == Turn::no_room) {
      file->is_queued = true;
      passed_over_.push_back(std::move(file));
      break;
    }
    if (turn == Turn::more) table_.queue(file);
  }
  // Whoever was passed over comes first in the next round.
  table_.ready.insert(table_.ready.begin(), passed_over_.begin(), passed_over_.end());
  if (batch->rows() == 0) return nullptr;

  save_anchors(building.to_save);
  if (!truncated_.empty()) {
    std::vector<std::string_view>& marks = batch->metadata_for_write("truncated");
    for (const std::uint32_t row : truncated_) marks[row] = "true";
    env_.counters.truncated_lines.add(truncated_.size());
  }
  batch->frame.live.reset(batch->rows());
  batch->frame.read_at = env_.now();
  usual_rows_ = std::max<std::size_t>(64, (usual_rows_ + batch->rows() * 3) / 4);
  return batch;
}

Reader::Turn Reader::read(const TailedFileRef& file, const ChunkRef& chunk, Building& building) {
  const std::size_t before = building.used;
  const Turn turn = read_into(file, chunk->space().subspan(building.used), building);
  if (building.used > before) {
    std::vector<ChunkRef>& chunks = building.batch.frame.chunks;
    if (std::find(chunks.begin(), chunks.end(), chunk) == chunks.end()) chunks.push_back(chunk);
  }
  if (turn != Turn::no_room || before > 0) return turn;

  // A line longer than a chunk gets a buffer of its own, once, with room for the lines behind it.
  const ChunkRef large = pipeline::Chunk::allocate(kMarkerBytes + env_.config.max_line.bytes + kChunkBytes);
  Building alone{building.batch, 0, {}};
  const Turn second = read_into(file, large->space(), alone);
  if (alone.used > 0) building.batch.frame.chunks.push_back(large);
  building.to_save.insert(building.to_save.end(), alone.to_save.begin(), alone.to_save.end());
  if (alone.used > 0) building.used = chunk->capacity();  // the batch is large enough
  ASSERT(second != Turn::no_room);
  return second;
}

Reader::Turn Reader::read_into(const TailedFileRef& file, std::span<char> space,
                               Building& building) {
  TailedFile& f = *file;
  const std::uint64_t begin = f.at.offset;
  const std::size_t overlap = static_cast<std::size_t>(std::min<std::uint64_t>(kMarkerBytes, begin));
  std::size_t want = space.size();
  // What was read before ends where it ended then, so that its records are marked as such.
  if (begin < f.again_until)
    want = static_cast<std::size_t>(std::min<std::uint64_t>(want, overlap + f.again_until - begin));
  const Result<std::size_t> got = f.file->read_at(space.first(want), begin - overlap);
  if (!got) {
    opener_.fail(file, got.error());
    return Turn::failed;
  }
  if (*got < overlap || !f.at.before.ends({space.data(), overlap})) {
    opener_.restart(file, true);
    return Turn::more;
  }
  const std::string_view bytes(space.data() + overlap, *got - overlap);
  const bool is_at_end = *got < want;
  const std::uint64_t known_end = begin + bytes.size();
  if (known_end > f.size) f.grew_at = env_.now();
  f.size = is_at_end ? known_end : std::max(f.size, known_end);
  if (bytes.empty()) {
    f.behind_since = {};
    return is_at_end ? Turn::at_end : Turn::more;
  }
  if (f.encoding == Encoding::detect && begin == 0) f.encoding = detect_encoding(bytes);
  if (f.encoding == Encoding::detect) {
    std::array<char, 2> first{};
    const Result<std::size_t> read = f.file->read_at(first, 0);
    f.encoding = detect_encoding({first.data(), read ? *read : 0});
  }
  const bool is_last = (is_at_end && f.flush_at == known_end) || known_end == f.again_until;
  const Framing framing{f.encoding == Encoding::detect ? Encoding::utf8 : f.encoding,
                        static_cast<std::size_t>(env_.config.max_line.bytes),
                        building.batch.label_index(f.labels)};
  const Framed framed =
      frame_lines(bytes, f.at.resume, framing, is_last, building.batch, truncated_);
  env_.counters.nul_bytes.add(framed.nul_bytes);
  if (framed.consumed > 0) {
    if (f.head.length < kHeadBytes) opener_.extend_head(f);
    const std::size_t held = overlap + framed.consumed;
    const std::size_t marker = std::min(kMarkerBytes, held);
    const Mark end{begin + framed.consumed, framed.resume,
                   Digest::of({space.data() + held - marker, marker}), {}};
    attach(file, begin, framed, end, building);
    if (framed.rows > 0) building.used += held;
    f.at = end;
  } else if (!is_at_end) {
    return Turn::no_room;
  }
  if (f.unread() == 0) {
    f.behind_since = {};
  } else if (f.behind_since == Instant{}) {
    f.behind_since = env_.now();
  }
  return is_at_end ? Turn::at_end : Turn::more;
}

void Reader::attach(const TailedFileRef& file, std::uint64_t begin, const Framed& framed,
                    const Mark& end, Building& building) {
  TailedFile& f = *file;
  LogBatch& batch = building.batch;
  if (framed.rows == 0) {
    f.ring.add_empty(end);
    f.is_dirty = true;
    return;
  }
  if (f.anchors.ensure(begin, end.offset, f.size, env_.context.clock.unix_now(), env_.now()))
    building.to_save.push_back(file);
  const std::size_t first = batch.rows() - framed.rows;
  Anchors::Span span;
  for (std::size_t row = first; row < batch.rows(); ++row) {
    const std::uint64_t offset = begin + batch.offset[row];
    if (offset >= span.until) span = f.anchors.at(offset);
    batch.time[row] = span.base + static_cast<std::int64_t>(offset);
  }
  Part part;
  part.first_row = static_cast<std::uint32_t>(first);
  part.rows = framed.rows;
  part.partition = f.partition;
  part.ack = pipeline::Ack(f.acks, f.ring.add(end, framed.rows));
  part.begin = begin;
  part.again = begin < f.again_until;
  if (part.again) env_.counters.rewound.add(framed.rows);
  batch.frame.parts.push_back(std::move(part));
  batch.frame.raw_bytes += framed.consumed;
}

void Reader::prepare_partition(TailedFile& f) {
  if (f.partition) return;
  f.partition = new pipeline::Partition(
      f.identity, {{"source", env_.context.source},
                   {"file.path", f.named},
                   {"file.name", std::string(name_in(f.named))},
                   {"file.dir", std::string(directory_of(f.named))},
                   {"host.name", env_.context.host_name}});
  f.partition->tie = f.ring.acked().tie;
  f.labels = pipeline::LabelSet::empty();
  if (env_.config.labels.empty()) return;
  // Labels are the same for every record of a file: they are worked out on a record without text.
  LogBatch one;
  one.append("", 0, 0, one.label_index(f.labels));
  Part part;
  part.rows = 1;
  part.partition = f.partition;
  one.frame.parts.push_back(std::move(part));
  one.frame.live.reset(1);
  one.frame.source = std::make_shared<const std::string>(env_.context.source);
  pipeline::FieldPlan fields;
  pipeline::LabelSetter labels(env_.config.labels, pipeline::LabelMode::overwrite);
  labels.bind(fields, env_.context.host_name);
  one.bind(fields);
  labels.apply(one);
  f.labels = one.label_sets[one.labels[0]];
}

void Reader::save_anchors(const std::vector<TailedFileRef>& files) {
  for (const TailedFileRef& file : files) {
    const Result<> saved = env_.context.positions.save_now(
        file->key(), encode_position(file->record(env_.unix_seconds())));
    if (!saved)
      env_.context.log.warn(env_.context.id,
                            saved.error().message() +
                                "; lines that are read again after a crash may get another time");
  }
}

}  // namespace plugins::sources::file
