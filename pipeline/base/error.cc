#include "pipeline/base/error.h"

#include <cerrno>
#include <system_error>

namespace pipeline {

std::string_view name_of(Errc code) noexcept {
  switch (code) {
    case Errc::internal: return "internal";
    case Errc::invalid_data: return "invalid data";
    case Errc::not_found: return "not found";
    case Errc::rejected: return "rejected";
    case Errc::unavailable: return "unavailable";
    case Errc::overloaded: return "overloaded";
    case Errc::timed_out: return "timed out";
    case Errc::cancelled: return "cancelled";
  }
  return "unknown";
}

Error Error::from_errno(int number, std::string_view doing) {
  const Errc code = number == ENOENT || number == ENOTDIR ? Errc::not_found : Errc::unavailable;
  return Error(code, std::string(doing) + ": " + std::generic_category().message(number));
}

Error Error::during(std::string_view doing) && {
  message_ = std::string(doing) + ": " + message_;
  return std::move(*this);
}

}  // namespace pipeline
