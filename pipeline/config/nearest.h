#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipeline {

// The candidate that somebody who typed `word` most probably meant: the fewest insertions,
// deletions, replacements and swaps of neighbours, ignoring case, and at most a third of the word.
// Nothing when none is that close.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);
std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates);

// "did you mean 'X'?"
std::string did_you_mean(std::string_view candidate);

// "'a', 'b' or 'c'".
std::string one_of_text(std::span<const std::string> words);

}  // namespace pipeline
