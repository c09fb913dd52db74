#include "plugins/sinks/loki/guard.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

namespace plugins::sinks::loki {

using pipeline::Instant;
using pipeline::Label;

StreamGuard::StreamGuard(GuardOptions options, const pipeline::Context& context)
    : options_(options), context_(context) {}

std::uint64_t StreamGuard::window(Instant now) {
  const std::lock_guard lock(mutex_);
  if (now >= window_end_) {
    window_end_ = now + std::chrono::duration_cast<Instant::duration>(options_.per);
    start_window();
  }
  return window_.load(std::memory_order_relaxed);
}

std::vector<std::string> StreamGuard::demoted() const {
  const std::lock_guard lock(mutex_);
  return demoted_;
}

bool StreamGuard::admit(std::uint64_t hash, const std::vector<Label>& labels) {
  if (!is_on()) return true;
  const std::lock_guard lock(mutex_);
  if (streams_.contains(hash)) return true;
  if (streams_.size() >= options_.count) {
    if (options_.then == GuardAction::drop) {
      if (!has_complained_) {
        has_complained_ = true;
        context_.log.warn(context_.id,
                          fmt::format("more than {} streams within max_streams.per: the records of "
                                      "further streams are lost (overflow) until the window ends; "
                                      "give fewer labels, or raise max_streams.count",
                                      options_.count));
      }
      return false;
    }
    const std::string name = widest_label();
    if (!name.empty()) {
      demote(name);
      return true;
    }
    // Nothing can be demoted without leaving a stream without labels: losing records would be worse
    // than too many streams.
    if (!has_complained_) {
      has_complained_ = true;
      context_.log.warn(
          context_.id, fmt::format("more than {} streams within max_streams.per, and no label that "
                                   "could become structured metadata: every stream goes on",
                                   options_.count));
    }
    return true;
  }
  streams_.insert(hash);
  for (const Label& label : labels) {
    LabelValues& values = values_[label.name];
    values.hashes.insert(XXH3_64bits(label.value.data(), label.value.size()));
    if (labels.size() == 1) values.is_alone = true;
  }
  return true;
}

void StreamGuard::start_window() {
  streams_.clear();
  values_.clear();
  has_complained_ = false;
  window_.fetch_add(1, std::memory_order_acq_rel);
}

std::string StreamGuard::widest_label() const {
  const std::pair<const std::string, LabelValues>* widest = nullptr;
  for (const auto& entry : values_) {
    if (entry.second.is_alone || entry.second.hashes.size() < 2) continue;
    const auto rank = entry.second.hashes.size();
    if (widest == nullptr || rank > widest->second.hashes.size() ||
        (rank == widest->second.hashes.size() && entry.first < widest->first)) {
      widest = &entry;
    }
  }
  return widest == nullptr ? std::string() : widest->first;
}

void StreamGuard::demote(const std::string& name) {
  const std::size_t values = values_[name].hashes.size();
  demoted_.push_back(name);
  context_.log.warn(context_.id,
                    fmt::format("label `{}` has had {} values among {} streams within "
                                "max_streams.per: it is structured metadata from now on",
                                name, values, streams_.size()));
  // The context names the sink as "sink/NAME".
  const std::string sink = context_.id.substr(context_.id.find('/') + 1);
  context_.meters.observe(context_.scope, pipeline::MetricKind::gauge, "sluice_sink_label_demoted",
                          "Labels that max_streams has turned into structured metadata.",
                          {{"sink", sink}, {"label", name}}, [] { return 1.0; });
  generation_.fetch_add(1, std::memory_order_acq_rel);
  start_window();
}

}  // namespace plugins::sinks::loki
