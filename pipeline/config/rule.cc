#include "pipeline/config/rule.h"

#include <cmath>

#include <fmt/format.h>

namespace pipeline {

Bound::Bound(Size size) : value(static_cast<long double>(size.bytes)), text(print(size)) {}
Bound::Bound(Ratio ratio) : value(static_cast<long double>(ratio.value)), text(print(ratio)) {}
Bound::Bound(Rate rate) : value(static_cast<long double>(rate.per_second)), text(print(rate)) {}

std::string Bound::number_text(long double value) {
  if (value == std::floor(value) && std::abs(value) < 1e18L) {
    return fmt::format("{}", static_cast<long long>(value));
  }
  return fmt::format("{}", static_cast<double>(value));
}

}  // namespace pipeline
