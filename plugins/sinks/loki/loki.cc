#include <xxhash.h>

#include <memory>
#include <utility>

#include "pipeline/codec/snappy.h"
#include "pipeline/component/registry.h"
#include "plugins/sinks/loki/answers.h"
#include "plugins/sinks/loki/encoder.h"
#include "plugins/sinks/loki/options.h"
#include "plugins/sinks/loki/split.h"

namespace plugins::sinks::loki {

using pipeline::AnyEncoder;
using pipeline::Encoded;
using pipeline::FieldPlan;
using pipeline::Result;
using pipeline::Sink;
using pipeline::SinkContext;

namespace {

class LokiSink final : public Sink {
 public:
  LokiSink(const Config& config, const SinkContext& context)
      : config_(config),
        context_(context),
        guard_(
            {config.max_streams.count, config.max_streams.per,
             config.max_streams.then == GuardThen::drop ? GuardAction::drop : GuardAction::demote},
            context) {
    const std::string name = context.id.substr(context.id.find('/') + 1);
    const auto counter = [&](std::string_view metric, std::string_view help) {
      return context.meters.counter(context.scope, metric, help, {{"sink", name}});
    };
    counters_.sanitized = counter("sluice_sink_sanitized_lines_total",
                                  "Texts whose ill-formed UTF-8 was replaced, because the receiver "
                                  "takes none.");
    counters_.truncated =
        counter("sluice_sink_truncated_lines_total", "Lines cut to what the receiver takes.");
    counters_.trimmed_metadata =
        counter("sluice_sink_trimmed_metadata_total",
                "Pairs of structured metadata left out, because the receiver takes no more.");
  }

  AnyEncoder make_encoder(pipeline::Signal, const FieldPlan& fields) override {
    // demand() has put the names into the plan: binding a copy finds the same slots.
    FieldPlan plan = fields;
    LineLimits limits;
    limits.max_line = config_.max_line.bytes;
    limits.long_lines = config_.long_lines;
    limits.reject_older = config_.reject_older;
    limits.reject_newer = config_.reject_newer;
    std::unique_ptr<pipeline::EncoderOf<pipeline::LogBatch>> encoder =
        std::make_unique<PushEncoder>(rules(plan), limits, guard_, counters_, context_);
    return encoder;
  }

  void demand(FieldPlan& fields) override { rules(fields); }

  std::variant<pipeline::HttpTarget, std::shared_ptr<pipeline::Transport>> destination() override {
    return pipeline::HttpTarget{push_url(config_.url), config_.tls, config_.auth, config_.headers,
                                config_.proxy};
  }

  std::vector<std::pair<std::string, std::string>> headers(const Encoded& request) const override {
    std::vector<std::pair<std::string, std::string>> headers;
    headers.emplace_back("Content-Type", "application/x-protobuf");
    if (!request.tenant.empty()) headers.emplace_back("X-Scope-OrgID", request.tenant);
    return headers;
  }

  pipeline::Compression compression() const override {
    return config_.compression == BodyCompression::snappy ? pipeline::Compression::snappy
                                                          : pipeline::Compression::none;
  }

  // Loki takes protobuf only as a snappy block; one that is a single literal costs no work.
  std::string frame_prefix(const Encoded&, std::string_view payload) const override {
    if (config_.compression == BodyCompression::snappy) return {};
    return std::string(pipeline::snappy::literal_prefix(payload).view());
  }

  pipeline::Classification classify(const pipeline::Response& response) const override {
    return loki::classify(response, context_.clock.unix_now());
  }

  std::optional<std::pair<Encoded, Encoded>> split(const Encoded& request) const override {
    return loki::split(request);
  }
  std::optional<std::pair<Encoded, Encoded>> isolate(
      const Encoded& request, const pipeline::Response& response) const override {
    return loki::isolate(request, response);
  }
  std::string describe(const Encoded& request) const override { return loki::describe(request); }

  void order_keys(const pipeline::Batch& batch, std::vector<std::uint64_t>& keys) const override {
    const auto* logs = std::get_if<std::unique_ptr<pipeline::LogBatch>>(&batch);
    if (logs == nullptr) return Sink::order_keys(batch, keys);
    const pipeline::LogBatch& rows = **logs;
    keys.resize(rows.rows());
    // A tenant that the sink sets depends on the row at most as its labels do: the same stream of
    // one partition still has one key.
    const bool has_tenants = !config_.tenant && !rows.tenant.empty();
    for (std::size_t row = 0; row < keys.size(); ++row) {
      keys[row] = rows.label_sets[rows.labels[row]]->hash();
      if (has_tenants) keys[row] ^= XXH3_64bits(rows.tenant[row].data(), rows.tenant[row].size());
    }
  }

 private:
  StreamRules rules(FieldPlan& fields) const {
    StreamRules rules;
    rules.max_labels = config_.max_labels;
    if (config_.tenant) {
      rules.tenant = config_.tenant->value;
      rules.tenant->bind(fields, context_.host_name);
    }
    pipeline::LabelSpec labels = config_.labels.value;
    labels.fold_host_name(context_.host_name);
    for (const pipeline::LabelSpec::Entry& entry : labels.entries()) {
      if (entry.text.is_constant()) {
        rules.fill.push_back({entry.label, std::string(entry.text.constant())});
      } else {
        rules.row_labels.push_back({entry.label, entry.text});
        rules.row_labels.back().text.bind(fields, context_.host_name);
      }
    }
    rules.fill.insert(rules.fill.end(), context_.agent_labels.begin(), context_.agent_labels.end());
    return rules;
  }

  const Config config_;
  const SinkContext context_;
  StreamGuard guard_;
  EncoderCounters counters_;
};

Result<std::unique_ptr<Sink>> make(const Config& config, const SinkContext& context) {
  return std::make_unique<LokiSink>(config, context);
}

}  // namespace

void register_plugin(pipeline::Registry& registry) {
  registry.add_sink<Config>(
      schema(),
      {.signals = {pipeline::Signal::logs},
       .ships_body = true,
       .needs_label = true,
       .transport_options = {"url", "auth", "tls", "headers", "proxy", "timeout", "retry"}},
      delivery, describe, make);
}

}  // namespace plugins::sinks::loki
