#include "pipeline/base/clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pipeline {

UnixNanos SystemClock::unix_now() const {
  return std::chrono::duration_cast<Nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Task<> SystemClock::sleep_until(Instant when) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, when);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace pipeline
