#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/units.h"

namespace pipeline {

// An end of a range, in the unit of the option's type: `.min = 1`, `.max = 10s`, `.min = 1_MiB`.
struct Bound {
  long double value = 0;
  std::string text;  // as a user would write it

  template <class N>
    requires std::integral<N> || std::floating_point<N>
  Bound(N number)  // NOLINT(google-explicit-constructor)
      : value(static_cast<long double>(number)), text(number_text(value)) {}
  template <class Rep, class Period>
  Bound(std::chrono::duration<Rep, Period> duration)  // NOLINT(google-explicit-constructor)
      : value(static_cast<long double>(Duration(duration).count())),
        text(print(Duration(duration))) {}
  Bound(Size size);    // NOLINT(google-explicit-constructor)
  Bound(Ratio ratio);  // NOLINT(google-explicit-constructor)
  Bound(Rate rate);    // NOLINT(google-explicit-constructor)

 private:
  static std::string number_text(long double value);
};

// What an option's value must fulfil beyond its type. For a list or a map, min, max and one_of hold
// for each element.
struct Rule {
  bool required = false;
  std::optional<Bound> min = std::nullopt;
  std::optional<Bound> max = std::nullopt;
  std::vector<std::string> one_of = {};  // a string's allowed values
  bool secret = false;                   // never printed, though its type is not Secret
  std::string example = {};       // as YAML; also stands in for an unset ${NAME} in check --static
  bool non_empty = false;         // a string, list or map must hold something
  bool single_or_list = false;    // a list of one may be written as its element
  std::string default_text = {};  // where the default is no constant: "half of the memory"
};

}  // namespace pipeline
