#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "plugins/sources/file/file_source.h"

namespace plugins::sources::file {

// Positions in memory. What save() wrote may be lost in a crash, what save_now() wrote may not.
class MemoryPositions final : public pipeline::PositionStore {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  std::vector<std::pair<std::string, std::string>> load() override {
    const std::lock_guard lock(mutex_);
    return {all_.begin(), all_.end()};
  }
  void save(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    all_[std::string(key)] = value;
  }
  pipeline::Result<> save_now(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    ++saves_now_;
    all_[std::string(key)] = value;
    durable_[std::string(key)] = value;
    return {};
  }
  void erase(std::string_view key) override {
    const std::lock_guard lock(mutex_);
    all_.erase(std::string(key));
    durable_.erase(std::string(key));
  }
  // The process was killed before anything but save_now() reached the disk.
  void crash() {
    const std::lock_guard lock(mutex_);
    all_ = durable_;
  }
  Map all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  int saves_now() const {
    const std::lock_guard lock(mutex_);
    return saves_now_;
  }

 private:
  mutable std::mutex mutex_;
  Map all_;
  Map durable_;
  int saves_now_ = 0;
};

struct Line {
  std::string path;
  std::string text;
  std::int64_t time = 0;
  std::uint64_t offset = 0;
  std::uint64_t identity = 0;
  bool again = false;
  bool truncated = false;
};

// Keeps what it is given; holds pushes back and settles acks as told.
class ScriptedOutput final : public pipeline::Output {
 public:
  enum class Acks : std::uint8_t { deliver, hold, fail };

  std::size_t lanes() const override { return 1; }
  std::size_t lane_of(pipeline::Partition&) override { return 0; }
  bool is_congested() const override { return is_blocked(); }

  pipeline::Task<pipeline::Result<>> push(pipeline::Batch batch, std::size_t) override {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    for (;;) {
      const std::uint64_t seen = changed_.epoch();
      if (!is_blocked()) break;
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none)
        co_return pipeline::failure(pipeline::Errc::cancelled, "stopped");
      pipeline::Task<> waiting = changed_.wait(seen);
      co_await std::move(waiting);
    }
    take(*std::get<std::unique_ptr<pipeline::LogBatch>>(batch));
    co_return pipeline::Result<>{};
  }

  void block(bool on) {
    {
      const std::lock_guard lock(mutex_);
      blocked_ = on;
    }
    changed_.notify();
  }
  // What becomes of later batches; the held ones get `now`.
  void set_acks(Acks later, pipeline::Outcome now = pipeline::Outcome::delivered) {
    std::vector<pipeline::Ack> held;
    {
      const std::lock_guard lock(mutex_);
      acks_ = later;
      held.swap(held_);
    }
    for (pipeline::Ack& ack : held) ack.settle(now);
  }

  std::vector<Line> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Line& line : lines()) all.push_back(line.text);
    return all;
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return lines_.size();
  }
  std::size_t batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  bool is_blocked() const {
    const std::lock_guard lock(mutex_);
    return blocked_;
  }
  void take(pipeline::LogBatch& batch) {
    std::vector<pipeline::Ack> acks;
    {
      const std::lock_guard lock(mutex_);
      ++batches_;
      const auto* truncated = batch.find_metadata("truncated");
      std::uint32_t next = 0;
      EXPECT_EQ(batch.frame.live.count(), batch.rows());
      for (pipeline::Part& part : batch.frame.parts) {
        EXPECT_EQ(part.first_row, next);
        EXPECT_GT(part.rows, 0u);
        next += part.rows;
        for (std::uint32_t row = part.first_row; row < next; ++row)
          lines_.push_back({*part.partition->attribute("file.path"), std::string(batch.body[row]),
                            batch.time[row], part.begin + batch.offset[row],
                            part.partition->identity(), part.again,
                            truncated && truncated->values[row] == "true"});
        acks.push_back(std::move(part.ack));
      }
      EXPECT_EQ(next, batch.rows());
      if (acks_ == Acks::hold) {
        for (pipeline::Ack& ack : acks) held_.push_back(std::move(ack));
        acks.clear();
      }
    }
    const auto outcome =
        acks_ == Acks::fail ? pipeline::Outcome::failed : pipeline::Outcome::delivered;
    for (pipeline::Ack& ack : acks) ack.settle(outcome);
  }

  mutable std::mutex mutex_;
  pipeline::Notifier changed_;
  bool blocked_ = false;
  Acks acks_ = Acks::deliver;
  std::vector<pipeline::Ack> held_;
  std::vector<Line> lines_;
  std::size_t batches_ = 0;
};

// The real file system, with paths that cannot be opened.
class FaultyFileSystem final : public pipeline::FileSystem {
 public:
  pipeline::Result<std::unique_ptr<pipeline::File>> open(const std::string& path,
                                                         pipeline::OpenMode mode) override {
    {
      const std::lock_guard lock(mutex_);
      if (denied_.contains(path))
        return pipeline::failure(pipeline::Errc::unavailable, "opening " + path + ": denied");
    }
    return real_.open(path, mode);
  }
  pipeline::Result<pipeline::FileStatus> status(const std::string& path) override {
    return real_.status(path);
  }
  pipeline::Result<std::vector<std::string>> list(const std::string& directory) override {
    return real_.list(directory);
  }
  pipeline::Result<> rename(const std::string& from, const std::string& to) override {
    return real_.rename(from, to);
  }
  pipeline::Result<> remove(const std::string& path) override { return real_.remove(path); }
  pipeline::Result<> make_directories(const std::string& path) override {
    return real_.make_directories(path);
  }
  pipeline::Result<> sync_directory(const std::string& path) override {
    return real_.sync_directory(path);
  }
  void deny(const std::string& path, bool on) {
    const std::lock_guard lock(mutex_);
    on ? static_cast<void>(denied_.insert(path)) : static_cast<void>(denied_.erase(path));
  }

 private:
  pipeline::SystemFileSystem real_;
  std::mutex mutex_;
  std::set<std::string> denied_;
};

// A file source over a directory of its own. start() and stop() may be repeated: positions stay.
class FileSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sluice_file_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    config_.include = {path("*.log")};
    config_.idle_flush = std::chrono::milliseconds(50);
    config_.rotate_wait = std::chrono::milliseconds(50);
    config_.sweep_interval = std::chrono::milliseconds(200);
    timing_.tick = std::chrono::milliseconds(5);
    timing_.collect = std::chrono::milliseconds(1);
    timing_.close_idle = std::chrono::milliseconds(30);
    timing_.retry = std::chrono::milliseconds(5);
    timing_.retry_max = std::chrono::milliseconds(20);
    timing_.save = std::chrono::milliseconds(5);
  }
  void TearDown() override {
    stop();
    std::filesystem::remove_all(root_);
  }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  void append(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::app | std::ios::binary) << text;
  }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(path(from), path(to));
  }
  void remove(const std::string& name) const { std::filesystem::remove(path(name)); }
  void truncate(const std::string& name) const { std::filesystem::resize_file(path(name), 0); }

  void start() {
    auto filter = PathFilter::make(config_.include, config_.exclude, root_);
    ASSERT_TRUE(filter) << filter.error().message();
    io_ = std::make_unique<boost::asio::io_context>(1);
    strand_ = boost::asio::make_strand(*io_);
    scope_ = meters_.scope();
    const pipeline::SourceContext context{
        {"source/app", log_, clock_, fs_, meters_, scope_, "here"}, strand_, positions_, "app"};
    source_ = std::make_unique<FileSource>(config_, std::move(*filter), context, timing_);
    done_ = {};
    cancel_ = std::make_unique<boost::asio::cancellation_signal>();
    boost::asio::co_spawn(strand_, source_->run(output_),
                          boost::asio::bind_cancellation_slot(
                              cancel_->slot(), [this](std::exception_ptr error, pipeline::Result<> r) {
                                EXPECT_FALSE(error);
                                EXPECT_TRUE(error || r.has_value());
                                done_.set_value();
                              }));
    thread_ = std::thread([this] { io_->run(); });
  }
  void stop() {
    if (!source_) return;
    boost::asio::post(strand_, [this] { cancel_->emit(boost::asio::cancellation_type::terminal); });
    EXPECT_EQ(done_.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    thread_.join();
    source_->stop();
    source_.reset();
    scope_ = {};
    // Both hold on to the context: they go first.
    cancel_.reset();
    strand_ = {};
    io_.reset();
  }
  // Until `what` holds; the bound only ends a test that has failed.
  static bool eventually(const std::function<bool()>& what) {
    for (int i = 0; i < 20'000; ++i) {
      if (what()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  bool eventually_count(std::size_t lines) {
    return eventually([&] { return output_.count() >= lines; });
  }
  double metric(std::string_view name) const {
    double sum = 0;
    for (const auto& sample : meters_.samples())
      if (sample.name == name) sum += sample.value;
    return sum;
  }
  // Offsets that are stored, by the path of the file.
  std::map<std::string, std::uint64_t> stored() const {
    std::map<std::string, std::uint64_t> offsets;
    for (const auto& [key, value] : positions_.all())
      if (const auto record = decode_position(key, value))
        offsets[record->path] = record->acked.offset;
    return offsets;
  }

  std::string root_;
  Config config_;
  Timing timing_;
  pipeline::NullLog log_;
  pipeline::SystemClock clock_;
  FaultyFileSystem fs_;
  pipeline::Meters meters_;
  pipeline::MeterScope scope_;
  MemoryPositions positions_;
  ScriptedOutput output_;
  std::unique_ptr<boost::asio::io_context> io_;
  pipeline::Executor strand_;
  std::unique_ptr<FileSource> source_;
  std::unique_ptr<boost::asio::cancellation_signal> cancel_;
  std::promise<void> done_;
  std::thread thread_;
};

}  // namespace plugins::sources::file
