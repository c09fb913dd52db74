#include "pipeline/topology/try_make.h"

#include <fmt/format.h>

namespace pipeline {
namespace {

// Positions of nobody.
class NoPositions final : public PositionStore {
 public:
  std::vector<std::pair<std::string, std::string>> load() override { return {}; }
  void save(std::string_view, std::string_view) override {}
  Result<> save_now(std::string_view, std::string_view) override { return {}; }
  void erase(std::string_view) override {}
};

class TrialMaker {
 public:
  TrialMaker(const Plan& plan, DecodeContext& context)
      : plan_(plan), context_(context), scope_(meters_.scope()) {}

  void make(const Plan::Source& source, const Location& where);
  void make(const Plan::Transform& transform, const Location& where);
  void make(const Plan::Sink& sink, const Location& where);

 private:
  Context lent(std::string id) {
    return {.id = std::move(id),
            .log = log_,
            .clock = clock_,
            .fs = context_.substitution().files(),
            .meters = meters_,
            .scope = scope_,
            .host_name = plan_.agent.host_name};
  }
  void report(std::string_view what, const Location& where, const Error& error) {
    context_.diagnostics().error("E0219", where, fmt::format("{}: {}", what, error.message()));
  }

  const Plan& plan_;
  DecodeContext& context_;
  asio::io_context loop_;  // never runs
  NullLog log_;
  SystemClock clock_;
  NoPositions positions_;
  Meters meters_;
  MeterScope scope_;
};

void TrialMaker::make(const Plan::Source& source, const Location& where) {
  const SourceContext context{lent("source/" + source.name), loop_.get_executor(), positions_,
                              source.name};
  const auto made = source.plugin->make(source.config, context);
  if (!made)
    report(fmt::format("source '{}' (type {})", source.name, source.plugin->name), where,
           made.error());
}

void TrialMaker::make(const Plan::Transform& transform, const Location& where) {
  FieldPlan fields;
  Signal signal = Signal::logs;
  for (std::size_t i = kSignals; i-- > 0;)
    if (transform.plugin->traits.signals.has(static_cast<Signal>(i)))
      signal = static_cast<Signal>(i);
  const TransformContext context{lent(transform.id), fields, 0, signal};
  const auto made = transform.plugin->make(transform.config, context);
  // Without the id: a group's transform is made for each pipeline and complains once.
  if (!made) report(fmt::format("transform '{}'", transform.plugin->name), where, made.error());
}

void TrialMaker::make(const Plan::Sink& sink, const Location& where) {
  const SinkContext context{lent("sink/" + sink.name), plan_.agent.labels};
  const auto made = sink.plugin->make(sink.config, context);
  if (!made)
    report(fmt::format("sink '{}' (type {})", sink.name, sink.plugin->name), where, made.error());
}

}  // namespace

void try_make(const Draft& draft, DecodeContext& context) {
  TrialMaker maker(draft.plan, context);
  const bool is_static = context.substitution().static_mode();
  const Plan& plan = draft.plan;
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    const Draft::Component& notes = draft.sources[i];
    if (notes.is_usable && !(is_static && notes.has_variables))
      maker.make(plan.sources[i], notes.where);
  }
  for (std::size_t i = 0; i < plan.pipelines.size(); ++i) {
    for (std::size_t k = 0; k < plan.pipelines[i].transforms.size(); ++k) {
      const Draft::Transform& notes = draft.pipelines[i].transforms[k];
      if (!(is_static && notes.has_variables))
        maker.make(plan.pipelines[i].transforms[k], notes.where);
    }
  }
  for (std::size_t i = 0; i < plan.sinks.size(); ++i) {
    const Draft::Component& notes = draft.sinks[i];
    if (notes.is_usable && !(is_static && notes.has_variables))
      maker.make(plan.sinks[i], notes.where);
  }
}

}  // namespace pipeline
