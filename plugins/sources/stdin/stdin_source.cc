#include "plugins/sources/stdin/stdin_source.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "pipeline/base/notifier.h"
#include "pipeline/expr/label_setter.h"

namespace plugins::sources::stdin {

using pipeline::ChunkRef;
using pipeline::Errc;
using pipeline::Error;
using pipeline::failure;
using pipeline::LogBatch;
using pipeline::Output;
using pipeline::Part;
using pipeline::Result;
using pipeline::Task;
namespace asio = boost::asio;

namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr std::size_t kChunks = 8;
// How long to wait for a chunk to come back from the lanes, which tell nobody.
constexpr std::chrono::milliseconds kChunkWait{1};

// Nothing more to read right now, without waiting for it.
bool is_drained(int descriptor) {
  pollfd entry{descriptor, POLLIN, 0};
  return ::poll(&entry, 1, 0) <= 0;
}

}  // namespace

StdinSource::StdinSource(Config config, const pipeline::SourceContext& context, int descriptor)
    : config_(std::move(config)),
      context_(context),
      descriptor_(descriptor),
      truncated_lines_(context.meters.counter(
          context.scope, "sluice_source_truncated_lines_total",
          "Lines longer than max_line, shipped without their rest.", {{"source", context.source}})) {}

Task<Result<>> StdinSource::run(Output& out) {
  co_await asio::this_coro::throw_if_cancelled(false);
  prepare_partition();
  const auto pool = pipeline::ChunkPool::make(kChunks, kChunkBytes);
  std::string carry;  // an incomplete line, at most max_line of it
  for (bool is_over = false; !is_over;) {
    Task<bool> asking = pipeline::is_cancelled();
    const bool is_stopped = co_await std::move(asking);
    if (is_stopped) co_return Result<>{};
    ChunkRef chunk = pool->try_take();
    if (!chunk) {
      Task<> waiting = context_.clock.sleep_for(kChunkWait);
      co_await std::move(waiting);
      continue;
    }
    // A line that is longer than what a chunk has left beside it gets a buffer of its own.
    if (carry.size() + kChunkBytes / 2 > chunk->capacity())
      chunk = pipeline::Chunk::allocate(carry.size() + kChunkBytes);
    std::memcpy(chunk->data(), carry.data(), carry.size());
    std::size_t have = carry.size();
    // What is there is collected, so that a line by line writer does not make a batch of each.
    do {
      Task<Result<std::size_t>> reading = read_some(chunk->space().subspan(have));
      const Result<std::size_t> got = co_await std::move(reading);
      if (!got && got.error().code() == Errc::cancelled) co_return Result<>{};
      if (!got) co_return std::unexpected(got.error());
      is_over = *got == 0;
      have += *got;
    } while (!is_over && have < chunk->capacity() && !is_drained(descriptor_));

    auto batch = std::make_unique<LogBatch>();
    const std::size_t used = split({chunk->data(), have}, is_over, *batch);
    carry.assign(chunk->data() + used, have - used);
    for (LogBatch::MetadataColumn& column : batch->metadata()) column.values.resize(batch->rows());
    batch->frame.raw_bytes = used;
    batch->frame.chunks.push_back(std::move(chunk));
    const std::uint64_t begin = std::exchange(position_, position_ + used);
    if (batch->rows() == 0) continue;
    Part part;
    part.rows = static_cast<std::uint32_t>(batch->rows());
    part.partition = partition_;
    part.begin = begin;
    batch->frame.parts.push_back(std::move(part));
    batch->frame.live.reset(batch->rows());
    batch->frame.read_at = context_.clock.now();
    pipeline::Batch any = std::move(batch);
    const std::size_t lane = out.lane_of(*partition_);
    Task<Result<>> pushing = out.push(std::move(any), lane);
    const Result<> pushed = co_await std::move(pushing);
    if (!pushed) co_return Result<>{};
  }
  co_return Result<>{};
}

Task<Result<std::size_t>> StdinSource::read_some(std::span<char> into) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto executor = co_await asio::this_coro::executor;
  // Waited for through a duplicate and then read once: it is not made non-blocking, because whoever
  // shares it would be surprised.
  const int duplicate = ::dup(descriptor_);
  if (duplicate < 0) co_return std::unexpected(Error::from_errno(errno, "reading standard input"));
  boost::system::error_code error;
  asio::posix::stream_descriptor stream(executor);
  stream.assign(duplicate, error);
  if (error) {
    ::close(duplicate);
  } else {
    const auto [waited] = co_await stream.async_wait(asio::posix::stream_descriptor::wait_read,
                                                     asio::as_tuple(asio::use_awaitable));
    // Another error says that there is nothing to wait for: it is a regular file.
    if (waited == asio::error::operation_aborted) co_return failure(Errc::cancelled, "stopped");
  }
  for (;;) {
    const ssize_t got = ::read(descriptor_, into.data(), into.size());
    if (got >= 0) co_return static_cast<std::size_t>(got);
    if (errno == EINTR || errno == EAGAIN) continue;
    co_return std::unexpected(Error::from_errno(errno, "reading standard input"));
  }
}

std::size_t StdinSource::split(std::string_view bytes, bool is_last, LogBatch& batch) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const void* found = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
    if (found == nullptr) break;
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (!std::exchange(is_skipping_, false)) append(bytes.substr(at, end - at), at, false, batch);
    at = end + 1;
  }
  const std::string_view rest = bytes.substr(at);
  if (is_skipping_) return bytes.size();
  if (rest.size() > config_.max_line.bytes + 1) {  // one more may be the '\r' of a line that fits
    append(rest, at, true, batch);
    is_skipping_ = true;
    return bytes.size();
  }
  if (is_last && !rest.empty()) {
    append(rest, at, false, batch);
    return bytes.size();
  }
  return at;
}

void StdinSource::append(std::string_view line, std::size_t offset, bool is_cut, LogBatch& batch) {
  if (!is_cut && line.ends_with('\r')) line.remove_suffix(1);
  const bool is_long = line.size() > config_.max_line.bytes;
  if (is_long) line = line.substr(0, config_.max_line.bytes);
  // Lines of one read have ascending times, so that equal ones stay different ones.
  latest_ = std::max(latest_ + 1, context_.clock.unix_now());
  batch.append(line, latest_, static_cast<std::uint32_t>(offset), batch.label_index(labels_));
  if (!is_long) return;
  std::vector<std::string_view>& marks = batch.metadata_for_write("truncated");
  marks.resize(batch.rows());
  marks.back() = "true";
  truncated_lines_.add(1);
}

void StdinSource::prepare_partition() {
  partition_ = new pipeline::Partition(
      0, {{"source", context_.source}, {"host.name", context_.host_name}});
  labels_ = pipeline::LabelSet::empty();
  if (config_.labels.empty()) return;
  LogBatch one;
  one.append("", 0, 0, one.label_index(labels_));
  Part part;
  part.rows = 1;
  part.partition = partition_;
  one.frame.parts.push_back(std::move(part));
  one.frame.live.reset(1);
  one.frame.source = std::make_shared<const std::string>(context_.source);
  pipeline::FieldPlan fields;
  pipeline::LabelSetter labels(config_.labels, pipeline::LabelMode::overwrite);
  labels.bind(fields, context_.host_name);
  one.bind(fields);
  labels.apply(one);
  labels_ = one.label_sets[one.labels[0]];
}

}  // namespace plugins::sources::stdin
