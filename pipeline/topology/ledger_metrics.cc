#include "pipeline/topology/ledger_metrics.h"

#include <map>
#include <string>

namespace pipeline {

struct LedgerMetrics::Impl {
  Impl(Ledger& books, Meters& page) : ledger(books), meters(page) {}

  using Key = std::pair<std::string, Signal>;
  Ledger& ledger;
  Meters& meters;
  MeterScope page_scope;
  // Written before a page is read, under the meters' lock, and read only within it.
  std::map<Key, Account> accounts;
  std::map<std::string, Account> components;  // over all signals
  std::map<Key, MeterScope> scopes;
  std::map<std::string, MeterScope> component_scopes;

  double read(const Key& key, double (*value)(const Account&)) const {
    const auto entry = accounts.find(key);
    return entry == accounts.end() ? 0 : value(entry->second);
  }
  void add(const Key& key);
  void add_component(const std::string& id);
};

LedgerMetrics::LedgerMetrics(Ledger& ledger, Meters& meters)
    : impl_(std::make_unique<Impl>(ledger, meters)) {
  Impl* impl = impl_.get();
  impl->page_scope = meters.scope();
  meters.before_page(impl->page_scope, [impl] {
    impl->accounts.clear();
    impl->components.clear();
    for (const Ledger::Line& line : impl->ledger.snapshot()) {
      impl->accounts[{line.component, line.signal}] = line.account;
      impl->components[line.component] += line.account;
    }
  });
}

LedgerMetrics::~LedgerMetrics() = default;

void LedgerMetrics::Impl::add(const Key& key) {
  const bool is_sink = key.first.starts_with("sink/");
  const std::string signal(name_of(key.second));
  const MetricLabels labels = {{"component", key.first}, {"signal", signal}};
  MeterScope scope = meters.scope();
  for (std::size_t i = 0; i < kLossReasons.size(); ++i) {
    MetricLabels with_reason = labels;
    with_reason.emplace_back("reason", std::string(kLossReasons[i]));
    meters.observe(scope, MetricKind::counter, "sluice_lost_records_total",
                   "Records that ended although nobody asked for it.", std::move(with_reason),
                   [this, key, i] {
                     const auto entry = accounts.find(key);
                     return entry == accounts.end() ? 0.0 : static_cast<double>(entry->second.lost[i]);
                   });
  }
  const auto observe = [&](std::string_view name, std::string_view help, MetricLabels with,
                           double (*value)(const Account&)) {
    meters.observe(scope, MetricKind::counter, name, help, std::move(with),
                   [this, key, value] { return read(key, value); });
  };
  if (is_sink) {
    const MetricLabels sink = {{"sink", key.first.substr(5)}, {"signal", signal}};
    observe("sluice_sink_delivered_records_total", "Records that the receiver has taken.", sink,
            [](const Account& a) { return static_cast<double>(a.delivered); });
    observe("sluice_sink_recovered_records_total", "Records found in the disk queue at the start.", sink,
            [](const Account& a) { return static_cast<double>(a.recovered); });
    observe("sluice_sink_records_total", "Records that pipelines handed to the sink.", sink,
            [](const Account& a) { return static_cast<double>(a.in); });
    observe("sluice_sink_returned_records_total",
            "Records given back to their source to be read again.", sink,
            [](const Account& a) { return static_cast<double>(a.returned); });
  } else {
    observe("sluice_pipeline_records_total", "Records that entered the pipeline.",
            {{"pipeline", key.first.substr(key.first.find('/') + 1)}, {"signal", signal}},
            [](const Account& a) { return static_cast<double>(a.in); });
    observe("sluice_created_records_total",
            "Records that a component made: copies of a fan-out, metrics from logs.", labels,
            [](const Account& a) { return static_cast<double>(a.created); });
    observe("sluice_merged_records_total", "Records that were folded into another one.", labels,
            [](const Account& a) { return static_cast<double>(a.merged); });
  }
  scopes.emplace(key, std::move(scope));
}

void LedgerMetrics::Impl::add_component(const std::string& id) {
  MeterScope scope = meters.scope();
  const auto observe = [&](std::string_view name, std::string_view help, double (*value)(const Account&)) {
    meters.observe(scope, MetricKind::gauge, name, help, {{"component", id}}, [this, id, value] {
      const auto entry = components.find(id);
      return entry == components.end() ? 0.0 : value(entry->second);
    });
  };
  observe("sluice_pending_records", "Records that are here and have not ended.",
          [](const Account& a) { return static_cast<double>(a.pending); });
  observe("sluice_pending_bytes", "Bytes that these records take.",
          [](const Account& a) { return static_cast<double>(a.pending_bytes); });
  observe("sluice_unaccounted_records", "What the books cannot explain: always 0.",
          [](const Account& a) { return static_cast<double>(a.unaccounted()); });
  component_scopes.emplace(id, std::move(scope));
}

void LedgerMetrics::refresh() {
  std::map<Impl::Key, bool> open;
  std::map<std::string, bool> open_components;
  for (const Ledger::Line& line : impl_->ledger.snapshot()) {
    // Accounts are opened for every signal; one that has never seen a record and is not logs is noise.
    const bool is_silent = line.account.in == 0 && line.signal != Signal::logs;
    if (line.open && !is_silent) open[{line.component, line.signal}] = true;
    if (line.open) open_components[line.component] = true;
  }
  std::erase_if(impl_->scopes, [&](const auto& entry) { return !open.contains(entry.first); });
  std::erase_if(impl_->component_scopes,
                [&](const auto& entry) { return !open_components.contains(entry.first); });
  for (const auto& [key, yes] : open)
    if (!impl_->scopes.contains(key)) impl_->add(key);
  for (const auto& [id, yes] : open_components)
    if (!impl_->component_scopes.contains(id)) impl_->add_component(id);
}

}  // namespace pipeline
