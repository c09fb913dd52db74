#include "pipeline/base/notifier.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <mutex>
#include <vector>

namespace pipeline {
namespace {

// A timer that never expires is Asio's cheapest thing to wait on and to cancel.
struct Waiter {
  explicit Waiter(const Executor& executor) : timer(executor, Instant::max()) {}
  asio::steady_timer timer;
};

}  // namespace

struct Notifier::State {
  std::atomic<std::uint64_t> epoch{0};
  std::mutex mutex;
  std::vector<std::shared_ptr<Waiter>> waiters;
};

Notifier::Notifier() : state_(std::make_shared<State>()) {}
Notifier::~Notifier() = default;

std::uint64_t Notifier::epoch() const noexcept { return state_->epoch.load(std::memory_order_acquire); }

void Notifier::notify() noexcept {
  std::vector<std::shared_ptr<Waiter>> woken;
  {
    const std::lock_guard lock(state_->mutex);
    state_->epoch.fetch_add(1, std::memory_order_acq_rel);
    woken.swap(state_->waiters);
  }
  for (std::shared_ptr<Waiter>& waiter : woken) {
    const auto executor = waiter->timer.get_executor();
    // Posted to the waiter's strand, so it runs after the wait has begun.
    asio::post(executor, [waiter = std::move(waiter)] { waiter->timer.cancel(); });
  }
}

Task<> Notifier::wait(std::uint64_t seen) {
  const std::shared_ptr<State> state = state_;
  const auto executor = co_await asio::this_coro::executor;
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
  const auto waiter = std::make_shared<Waiter>(executor);
  {
    const std::lock_guard lock(state->mutex);
    if (state->epoch.load(std::memory_order_relaxed) != seen) co_return;
    state->waiters.push_back(waiter);
  }
  co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  const std::lock_guard lock(state->mutex);
  std::erase(state->waiters, waiter);
}

Task<> Notifier::wait_until(std::uint64_t seen, Instant deadline, Clock& clock) {
  using asio::experimental::awaitable_operators::operator||;
  if (deadline == Instant::max()) {
    co_await wait(seen);
    co_return;
  }
  if (deadline <= clock.now()) co_return;
  Task<> woken = wait(seen);
  Task<> late = clock.sleep_until(deadline);
  Task<std::variant<std::monostate, std::monostate>> either = std::move(woken) || std::move(late);
  co_await std::move(either);
}

Task<bool> is_cancelled() {
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  co_return cancellation.cancelled() != asio::cancellation_type::none;
}

}  // namespace pipeline
