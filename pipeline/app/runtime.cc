#include "pipeline/app/runtime.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pthread.h>
#include <signal.h>

namespace pipeline {
namespace {

constexpr std::chrono::seconds kBeatEvery{2};

std::int64_t steady_ns() {
  return std::chrono::duration_cast<Nanoseconds>(Instant::clock::now().time_since_epoch()).count();
}

}  // namespace

Runtime::Runtime(std::uint32_t data_threads)
    : data_(static_cast<int>(data_threads)),
      data_work_(asio::make_work_guard(data_)),
      control_work_(asio::make_work_guard(control_)),
      threads_wanted_(data_threads),
      last_beat_ns_(steady_ns()) {}

Runtime::~Runtime() {
  finish();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

Executor Runtime::new_strand() { return asio::make_strand(data_.get_executor()); }

Task<> Runtime::beat() {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  for (;;) {
    last_beat_ns_.store(steady_ns(), std::memory_order_relaxed);
    timer.expires_after(kBeatEvery);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void Runtime::run() {
  // Signals are the control thread's; a data thread that is interrupted would only retry.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::uint32_t i = 0; i < threads_wanted_; ++i) threads_.emplace_back([this] { data_.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  Task<> beating = beat();
  asio::co_spawn(data_, std::move(beating), asio::detached);
  control_.run();
  data_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Runtime::finish() {
  data_work_.reset();
  control_work_.reset();
  control_.stop();
}

bool Runtime::is_turning(Nanoseconds limit) const {
  return steady_ns() - last_beat_ns_.load(std::memory_order_relaxed) < limit.count();
}

}  // namespace pipeline
