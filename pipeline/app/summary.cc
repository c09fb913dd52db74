#include "pipeline/app/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pipeline {
namespace {

struct Totals {
  Account pipelines;  // of all pipelines together
  Account sinks;
  double bytes = 0;
  double source_records = 0;
  std::map<std::string, double> dropped;  // by reason
  std::map<std::string, double> lost;
  double lag_bytes = 0;
};

std::string label(const Meters::Sample& sample, std::string_view name) {
  for (const auto& [key, value] : sample.labels)
    if (key == name) return value;
  return {};
}

Totals totals_of(Agent& agent) {
  Totals totals;
  for (const Meters::Sample& sample : agent.meters().samples()) {
    if (sample.name == "sluice_source_bytes_total") totals.bytes += sample.value;
    if (sample.name == "sluice_source_records_total") totals.source_records += sample.value;
    if (sample.name == "sluice_source_lag_bytes") totals.lag_bytes += sample.value;
    if (sample.name == "sluice_dropped_records_total" && sample.value > 0)
      totals.dropped[label(sample, "reason")] += sample.value;
  }
  for (const Ledger::Line& line : agent.ledger().snapshot()) {
    (line.component.starts_with("sink/") ? totals.sinks : totals.pipelines) += line.account;
    for (std::size_t i = 0; i < kLossReasons.size(); ++i)
      if (line.account.lost[i] > 0) totals.lost[std::string(kLossReasons[i])] += static_cast<double>(line.account.lost[i]);
  }
  return totals;
}

std::string by_reason(const std::map<std::string, double>& reasons) {
  if (reasons.empty()) return "0";
  double sum = 0;
  std::string parts;
  for (const auto& [reason, count] : reasons) {
    sum += count;
    parts += fmt::format("{}{} {:.0f}", parts.empty() ? "" : ", ", reason, count);
  }
  return fmt::format("{:.0f} ({})", sum, parts);
}

}  // namespace

std::string Summary::line() {
  const Totals totals = totals_of(agent_);
  const Instant now = Instant::clock::now();
  const double seconds = std::chrono::duration<double>(now - last_at_).count();
  const double rate = seconds > 0 ? (totals.bytes - last_bytes_) / seconds / 1e6 : 0;
  last_bytes_ = totals.bytes;
  last_at_ = now;
  double lag = 0;
  for (const Topology::Look& look : agent_.topology().look()) lag = std::max(lag, look.lag_seconds);
  return fmt::format("in {:.0f} | delivered {} | dropped {} | lost {} | pending {} | {:.2f} MB/s | lag {:.1f} s",
                     totals.source_records, totals.sinks.delivered, by_reason(totals.dropped),
                     by_reason(totals.lost), totals.pipelines.pending + totals.sinks.pending, rate, lag);
}

std::string Summary::books() {
  std::string out = "ledger\n";
  std::int64_t unaccounted = 0;
  for (const Ledger::Line& line : agent_.ledger().snapshot()) {
    const Account& a = line.account;
    if (a.in + a.created + a.recovered + a.pending == 0) continue;
    unaccounted += a.unaccounted();
    if (line.component.starts_with("sink/")) {
      out += fmt::format("  {:<24} {}: in {} = delivered {} + lost {} + pending {}{}\n", line.component,
                         name_of(line.signal), a.in - a.returned, a.delivered, a.lost_total(), a.pending,
                         a.returned > 0 ? fmt::format("  (left to the positions: {})", a.returned) : "");
    } else {
      out += fmt::format("  {:<24} {}: in {} + created {} = forwarded {} + dropped {} + lost {} + merged {} + pending {}\n",
                         line.component, name_of(line.signal), a.in, a.created, a.forwarded, a.dropped,
                         a.lost_total(), a.merged, a.pending);
    }
  }
  const Totals totals = totals_of(agent_);
  out += fmt::format("ledger {}: in {:.0f}, delivered {}, dropped {}, lost {}, pending {}\n",
                     unaccounted == 0 ? "balanced" : fmt::format("NOT balanced ({} unaccounted)", unaccounted),
                     totals.source_records, totals.sinks.delivered, by_reason(totals.dropped),
                     by_reason(totals.lost), totals.pipelines.pending + totals.sinks.pending);
  return out;
}

}  // namespace pipeline
