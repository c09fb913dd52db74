#include "pipeline/config/nearest.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace pipeline {
namespace {

// Words that are longer are not typing errors.
constexpr std::size_t kMaxWord = 64;

std::string folded(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return lower;
}

// Damerau-Levenshtein in its restricted form (no edit inside a swapped pair).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + same});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

template <class Word>
std::optional<std::string> find(std::string_view word, std::span<const Word> candidates) {
  if (word.empty() || word.size() > kMaxWord) return std::nullopt;
  const std::string typed = folded(word);
  std::size_t best = std::max<std::size_t>(1, typed.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > kMaxWord || candidate == word) continue;
    const std::string wanted = folded(candidate);
    // A word of one or two letters has no neighbours but itself in another case.
    const std::size_t edits = distance(typed, wanted);
    if (edits > 0 && (typed.size() < 3 || wanted.size() < 2)) continue;
    if (edits < best) {
      best = edits;
      found = std::string(candidate);
    }
  }
  if (found) return found;
  // An unfinished or overlong word: `insecure_skip` for `insecure_skip_verify`.
  for (const std::string_view candidate : candidates) {
    const std::string wanted = folded(candidate);
    if (typed.size() >= 4 && wanted.size() >= 4 && candidate != word &&
        (wanted.starts_with(typed) || typed.starts_with(wanted))) {
      return std::string(candidate);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  return find(word, candidates);
}

std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates) {
  return find(word, candidates);
}

std::string did_you_mean(std::string_view candidate) {
  return fmt::format("did you mean '{}'?", candidate);
}

std::string one_of_text(std::span<const std::string> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += '\'' + words[i] + '\'';
  }
  return text;
}

}  // namespace pipeline
