#include "plugins/sources/file/anchors.h"

#include <algorithm>

#include "pipeline/base/assert.h"

namespace plugins::sources::file {

bool Anchors::ensure(std::uint64_t begin, std::uint64_t end, std::uint64_t known_end,
                     pipeline::UnixNanos now, pipeline::Instant at) {
  if (!anchors_.empty() && end <= sent_) return false;
  const std::uint64_t fresh = anchors_.empty() ? begin : std::max(begin, sent_);
  const std::uint64_t until = std::max(end, known_end) + kAhead;
  sent_ = end;
  const bool may_add = anchors_.size() < kMost && at - made_at_ >= kEvery;
  if (anchors_.empty() || may_add) {
    if (!anchors_.empty()) {
      Anchor& last = anchors_.back();
      now = std::max(now, last.first_read_ns + static_cast<std::int64_t>(fresh - last.offset));
      last.until = fresh;
    }
    anchors_.push_back({fresh, now, until});
    made_at_ = at;
    return true;
  }
  if (end <= anchors_.back().until) return false;
  anchors_.back().until = until;
  return true;
}

Anchors::Span Anchors::at(std::uint64_t offset) const {
  ASSERT(!anchors_.empty());
  auto after = std::upper_bound(anchors_.begin(), anchors_.end(), offset,
                                [](std::uint64_t o, const Anchor& a) { return o < a.offset; });
  // A line before the first anchor can only come from a record that lost its older anchors.
  if (after == anchors_.begin()) ++after;
  const Anchor& anchor = *std::prev(after);
  return {anchor.first_read_ns - static_cast<std::int64_t>(anchor.offset),
          after == anchors_.end() ? ~std::uint64_t{0} : after->offset};
}

void Anchors::passed(std::uint64_t position) {
  std::size_t dead = 0;
  while (dead + 1 < anchors_.size() && anchors_[dead + 1].offset <= position) ++dead;
  anchors_.erase(anchors_.begin(), anchors_.begin() + static_cast<std::ptrdiff_t>(dead));
}

void Anchors::clip() {
  if (!anchors_.empty()) anchors_.back().until = std::min(anchors_.back().until, sent_);
}

}  // namespace plugins::sources::file
