#include "plugins/sources/file/counters.h"

#include <algorithm>

namespace plugins::sources::file {

using pipeline::MetricKind;
using pipeline::MetricLabels;
using pipeline::Nanoseconds;

Counters::Counters(const pipeline::SourceContext& context) {
  const MetricLabels labels = {{"source", context.source}};
  const auto counter = [&](std::string_view name, std::string_view help) {
    return context.meters.counter(context.scope, name, help, labels);
  };
  skipped_files = counter("sluice_source_skipped_files_total",
                          "Files not read because they were last written before ignore_older.");
  truncations = counter("sluice_source_truncations_total",
                        "Files found cut off or rewritten in place, and read from their start.");
  truncated_lines = counter("sluice_source_truncated_lines_total",
                            "Lines longer than max_line, shipped without their rest.");
  nul_bytes = counter("sluice_source_stripped_nul_bytes_total",
                      "NUL bytes skipped at the start of files.");
  errors = counter("sluice_source_errors_total", "Files that could not be opened or read; retried.");
  rewound = counter("sluice_rewound_records_total",
                    "Records read again because their delivery failed.");
  unrecoverable =
      counter("sluice_source_unrecoverable_records_total",
              "Records whose delivery failed when their file had been cut off or removed.");
  vanished_bytes = counter("sluice_source_vanished_bytes_total",
                           "Bytes of files that were removed before they had been read.");

  const auto gauge = [&](std::string_view name, std::string_view help,
                         std::function<double()> read) {
    context.meters.observe(context.scope, MetricKind::gauge, name, help, labels, std::move(read));
  };
  const auto number = [shared = gauges](std::atomic<std::uint64_t> Gauges::* which) {
    return [shared, which] {
      return static_cast<double>(((*shared).*which).load(std::memory_order_relaxed));
    };
  };
  gauge("sluice_source_files", "Files that are known.", number(&Gauges::files));
  gauge("sluice_source_open_files", "Files that are open.", number(&Gauges::open));
  gauge("sluice_source_failing_files", "Files that cannot be read now.", number(&Gauges::failing));
  gauge("sluice_source_lag_bytes", "Bytes that are in files and have not been read.",
        number(&Gauges::lag_bytes));
  gauge("sluice_source_lag_seconds",
        "How long the file that has waited longest has had unread bytes; 0 when all are read.",
        [shared = gauges, &clock = context.clock] {
          const std::int64_t since = shared->behind_since_ns.load(std::memory_order_relaxed);
          if (since == 0) return 0.0;
          const Nanoseconds now = clock.now().time_since_epoch();
          return std::max(0.0, static_cast<double>(now.count() - since) * 1e-9);
        });
}

}  // namespace plugins::sources::file
