#pragma once

#include <expected>
#include <utility>

#include "pipeline/base/error.h"

namespace pipeline {

// Either a T or an Error: the one spelling of "may fail" in this project.
template <class T = void>
using Result = std::expected<T, Error>;

// return failure(Errc::rejected, "server answered 400");
inline std::unexpected<Error> failure(Errc code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}

}  // namespace pipeline
