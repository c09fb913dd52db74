#include "plugins/sources/file/file_source.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include "pipeline/base/assert.h"

namespace plugins::sources::file {

using pipeline::FileStatus;
using pipeline::Instant;
using pipeline::Output;
using pipeline::Result;
using pipeline::Task;
namespace asio = boost::asio;

struct FileSource::Listener {
  explicit Listener(const pipeline::Executor& executor, int descriptor)
      : stream(executor, descriptor) {}
  // The descriptor belongs to the Watch.
  ~Listener() { stream.release(); }
  asio::posix::stream_descriptor stream;
};

FileSource::FileSource(Config config, PathFilter filter, const pipeline::SourceContext& context,
                       Timing timing)
    : env_{std::move(config), timing, std::move(filter), context},
      opener_(env_, table_),
      catalog_(env_, table_, opener_),
      reader_(env_, table_, opener_) {}

Task<Result<>> FileSource::run(Output& out) {
  using asio::experimental::awaitable_operators::operator&&;
  co_await asio::this_coro::throw_if_cancelled(false);
  catalog_.start();
  Task<> reading = read(out);
  Task<> looking = look_after();
  Task<> listening = listen();
  auto both = std::move(looking) && std::move(listening);
  auto all = std::move(reading) && std::move(both);
  co_await std::move(all);
  co_return Result<>{};
}

Task<> FileSource::read(Output& out) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Task<> reading = reader_.run(out);
  co_await std::move(reading);
  is_over_ = true;
  env_.mailbox->wake().notify();
}

Task<> FileSource::listen() {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (!catalog_.watch()) co_return;
  const auto executor = co_await asio::this_coro::executor;
  Listener listener(executor, catalog_.watch()->descriptor());
  listener_ = &listener;
  while (!is_over_ && catalog_.watch()) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) break;
    const auto [error] = co_await listener.stream.async_wait(
        asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    if (error) break;
    // Writers often come in bursts: one look for all of them.
    Task<> collecting = env_.context.clock.sleep_for(env_.timing.collect);
    co_await std::move(collecting);
    has_changes_ = true;
    env_.mailbox->wake().notify();
    // Until they have been taken there is nothing to wait for.
    while (has_changes_ && !is_over_) {
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) break;
      Task<> waiting = env_.context.clock.sleep_for(env_.timing.collect);
      co_await std::move(waiting);
    }
  }
  listener_ = nullptr;
}

Task<> FileSource::look_after() {
  co_await asio::this_coro::throw_if_cancelled(false);
  Instant next_tick = env_.now();
  for (;;) {
    const std::uint64_t seen = env_.mailbox->wake().epoch();
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (is_over_ || cancellation.cancelled() != asio::cancellation_type::none) break;
    take_verdicts();
    if (has_changes_) {
      catalog_.handle_changes();
      has_changes_ = false;
    }
    if (!table_.lost.empty()) catalog_.look_for_lost();
    const Instant now = env_.now();
    if (now >= catalog_.next_sweep()) catalog_.sweep();
    if (now >= next_tick) {
      tick();
      next_tick = now + env_.timing.tick;
    }
    const Instant deadline =
        table_.active.empty() ? catalog_.next_sweep() : std::min(next_tick, catalog_.next_sweep());
    Task<> waiting = env_.mailbox->wake().wait_until(seen, deadline, env_.context.clock);
    co_await std::move(waiting);
  }
  is_over_ = true;
  if (listener_) listener_->stream.cancel();
}

void FileSource::take_verdicts() {
  env_.mailbox->take(letters_);
  for (const Mailbox::Letter& letter : letters_) take_verdict(letter);
}

void FileSource::take_verdict(const Mailbox::Letter& letter) {
  const auto entry = table_.by_number.find(letter.file);
  if (entry == table_.by_number.end()) {
    const auto orphan = table_.orphans.find(letter.file);
    if (orphan == table_.orphans.end()) return;
    if (letter.outcome == pipeline::Outcome::failed)
      env_.counters.unrecoverable.add(orphan->second.records(letter.sequence));
    orphan->second.settle(letter.sequence, letter.outcome, letter.tie);
    if (orphan->second.outstanding() == 0) table_.orphans.erase(orphan);
    return;
  }
  const TailedFileRef& file = entry->second;
  if (file->ring.settle(letter.sequence, letter.outcome, letter.tie)) {
    file->is_dirty = true;
    file->rewinds = 0;
    table_.activate(file);
  }
  if (letter.outcome == pipeline::Outcome::failed && !file->is_rewinding) {
    file->is_rewinding = true;
    const int doublings = std::min<int>(file->rewinds, 16);
    file->rewinds = static_cast<std::uint8_t>(std::min<int>(file->rewinds + 1, 255));
    file->rewind_at =
        env_.now() + std::min(env_.timing.retry * (1 << doublings), env_.timing.retry_max);
    table_.activate(file);
  }
}

void FileSource::rewind(TailedFile& file) {
  file.again_until = std::max(file.again_until, file.at.offset);
  file.ring.rewind();
  file.at = file.ring.acked();
  file.is_rewinding = false;
  if (file.partition) file.partition->tie = file.at.tie;
}

void FileSource::tick() {
  const Instant now = env_.now();
  if (now >= next_save_) {
    save_positions(false);
    next_save_ = now + env_.timing.save;
  }
  // Ticking a file may add others; those wait for the next tick.
  const std::size_t count = table_.active.size();
  for (std::size_t i = 0; i < count; ++i) {
    const TailedFileRef file = table_.active[i];
    if (!tick_file(file, now)) file->is_active = false;
  }
  std::uint64_t lag = 0;
  Instant behind{};
  for (const TailedFileRef& file : table_.active) {
    lag += file->unread();
    if (file->behind_since != Instant{} && (behind == Instant{} || file->behind_since < behind))
      behind = file->behind_since;
  }
  std::erase_if(table_.active, [](const TailedFileRef& file) { return !file->is_active; });
  if (table_.active.empty()) reader_.trim();
  auto& gauges = *env_.counters.gauges;
  gauges.lag_bytes.store(lag, std::memory_order_relaxed);
  gauges.behind_since_ns.store(
      std::chrono::duration_cast<pipeline::Nanoseconds>(behind.time_since_epoch()).count(),
      std::memory_order_relaxed);
  gauges.open.store(table_.open_files, std::memory_order_relaxed);
  gauges.files.store(table_.by_id.size(), std::memory_order_relaxed);
}

bool FileSource::tick_file(const TailedFileRef& file, Instant now) {
  TailedFile& f = *file;
  if (f.number == 0 || f.is_own || f.is_ignored) return false;
  if (!f.is_identified) {
    if (now >= f.retry_at) catalog_.identify(file);
    return true;
  }
  if (f.is_rewinding && f.ring.outstanding() == 0 && now >= f.rewind_at) {
    rewind(f);
    table_.queue(file);
  }
  if (f.is_failing() && now >= f.retry_at) table_.queue(file);
  const bool is_at_rest = !f.is_queued && !f.is_rewinding && !f.is_failing();
  // Nobody reports what is written to a file without a name; a rotated one is looked at as well,
  // because its new name may lie where nothing is watched.
  if (f.file && is_at_rest && (f.is_gone || f.is_rotated)) {
    if (const Result<FileStatus> status = f.file->status(); status && status->size != f.size) {
      f.size = status->size;
      f.grew_at = now;
      table_.queue(file);
      return true;
    }
  }
  const pipeline::Nanoseconds quiet = now - f.grew_at;
  if (is_at_rest && f.unread() > 0 && f.flush_at != f.size && quiet >= env_.config.idle_flush) {
    f.flush_at = f.size;  // the last line will not get its newline
    table_.queue(file);
    return true;
  }
  const bool is_done = is_at_rest && f.unread() == 0 && f.ring.outstanding() == 0;
  if (!is_done) return true;
  if (f.is_gone) {
    if (f.file && quiet < env_.config.rotate_wait) return true;
    catalog_.forget(file);
    return false;
  }
  if (quiet < (f.is_rotated ? env_.config.rotate_wait : env_.timing.close_idle)) return true;
  opener_.close(f);
  return f.is_dirty;
}

void FileSource::save_positions(bool is_final) {
  const std::int64_t now_s = env_.unix_seconds();
  for (const TailedFileRef& file : table_.active) {
    if (file->number == 0 || (!file->is_dirty && !is_final)) continue;
    if (!file->is_identified || !file->acks) continue;
    // Nothing behind what has been acknowledged was sent, so nothing behind it needs its time.
    const bool is_settled = file->ring.acked().offset == file->ring.read();
    ASSERT(file->ring.acked().offset <= file->ring.read());
    file->anchors.passed(file->ring.acked().offset);
    if (is_settled || is_final) file->anchors.clip();
    file->is_dirty = false;
    if (file->ring.acked().offset > 0)
      env_.context.positions.save(file->key(), encode_position(file->record(now_s)));
  }
}

void FileSource::stop() {
  take_verdicts();
  save_positions(true);
  for (const auto& [id, file] : table_.by_id) opener_.close(*file);
}

}  // namespace plugins::sources::file
