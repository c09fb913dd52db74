#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace loki_standin {

// What Loki refuses by default, and what a test may turn. Zero switches an age limit off.
struct Limits {
  std::size_t body_bytes_max = 100UL << 20U;  // as sent; above it: 413
  // Snappy's own header says how large the body becomes. Loki allows 5000 MiB; a test program that
  // allocates that on the word of a header would take the machine down.
  std::size_t decompressed_bytes_max = 256UL << 20U;
  std::size_t label_names_max = 15;
  std::size_t label_name_bytes_max = 1024;
  std::size_t label_value_bytes_max = 2048;
  std::size_t line_bytes_max = 256UL << 10U;
  std::size_t metadata_bytes_max = 64UL << 10U;
  std::size_t metadata_entries_max = 128;
  std::chrono::nanoseconds behind_max = std::chrono::hours(1);
  std::chrono::nanoseconds age_max = std::chrono::hours(24 * 7);
  std::chrono::nanoseconds future_max = std::chrono::minutes(10);
};

// What the operator of this Loki has decided. Changed at run time through the control port.
struct Policy {
  // On: the valid entries of a request are stored and a 400 tells of the rest, as Loki does. Off:
  // one bad entry refuses the whole request, as proxies and other receivers do.
  bool partial = true;
  std::string poison = {};          // a line that contains it is refused; empty: none
  std::string require_tenant = {};  // any other tenant is refused; empty: any is welcome
  int tenant_status = 401;          // how a wrong tenant is refused
  std::string authorization = {};   // the header's value, exactly; empty: none is asked for
};

}  // namespace loki_standin
