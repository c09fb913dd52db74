#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/base/task.h"

namespace pipeline {

// The threads. Lanes, deliveries and sources share the data threads; the listeners, timers and
// signals have one of their own, so that the agent answers while every lane is busy.
class Runtime {
 public:
  explicit Runtime(std::uint32_t data_threads);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // A strand on the data threads. Any thread.
  Executor new_strand();
  Executor control() { return control_.get_executor(); }
  asio::io_context& control_context() noexcept { return control_; }

  // Runs the control loop on the calling thread until finish(); the data threads run beside it.
  void run();
  // Any thread: everything has been stopped, let the threads end.
  void finish();

  // The data loop has turned within the last `limit`: liveness.
  bool is_turning(Nanoseconds limit) const;

 private:
  Task<> beat();
  asio::io_context data_;
  asio::io_context control_{1};
  asio::executor_work_guard<asio::io_context::executor_type> data_work_;
  asio::executor_work_guard<asio::io_context::executor_type> control_work_;
  std::uint32_t threads_wanted_;
  std::vector<std::thread> threads_;
  std::atomic<std::int64_t> last_beat_ns_{0};
};

}  // namespace pipeline
