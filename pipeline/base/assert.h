#pragma once

namespace pipeline {

// Prints where and what, then aborts. Kept out of line so that the check itself stays small.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace pipeline

// For bugs and only for bugs, never for input. Always on: a wrong position is worse than a restart.
#define ASSERT(condition) \
  (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0) \
      : ::pipeline::assertion_failed(#condition, __FILE__, __LINE__))
