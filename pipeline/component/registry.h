#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.h"
#include "pipeline/component/sink.h"
#include "pipeline/component/source.h"
#include "pipeline/component/transform.h"
#include "pipeline/component/usage.h"
#include "pipeline/config/schema.h"
#include "pipeline/model/labels.h"

namespace pipeline {

struct SinkContext : Context {
  std::vector<Label> agent_labels;  // agent.labels: fill what is absent
};

struct SourceTraits {
  Signals signals;
  // It can go back to a position: every pipeline then gets an instance and a position of its own.
  bool replayable = false;
  // The `$` names that its records have, without `$`: "file.path". A trailing '.' admits any name
  // below it: "journal.".
  std::vector<std::string> names;
};

struct TransformTraits {
  Signals signals;
  // Why rows that it clears have ended: of contract 5's list. "" when it never clears any.
  std::string drop_reason;
};

struct SinkTraits {
  Signals signals;
  bool ships_body = false;   // the receiver sees the raw line
  bool needs_label = false;  // refuses records without labels (Loki)
  bool always_takes = false;  // is never down and never full, so it stops nobody (blackhole)
  // Options that say how to reach the receiver and not what is sent: changing them keeps the queue.
  std::vector<std::string> transport_options;
};

// Names to plugins. An ordinary object that main() makes: there is no global instance, so a test
// registers what it needs and nothing else. Filled before the first look-up; read-only from then on.
class Registry {
 public:
  // A decoded configuration of some plugin. The plugin that decoded it knows the type.
  using AnyConfig = std::shared_ptr<const void>;

  struct Plugin {
    std::string name;
    std::string kind;  // "source", "transform", "sink"
    std::shared_ptr<const SchemaView> schema;  // options without `type`, `when` and `name`
    virtual ~Plugin() = default;
    // Reports to the context's diagnostics; null when the configuration cannot be used.
    virtual AnyConfig decode(const Node& node, DecodeContext& context) const = 0;
    virtual void describe(const AnyConfig& config, Usage& usage) const = 0;
  };
  struct SourcePlugin : Plugin {
    SourceTraits traits;
    virtual Result<std::unique_ptr<Source>> make(const AnyConfig&, const SourceContext&) const = 0;
  };
  struct TransformPlugin : Plugin {
    TransformTraits traits;
    virtual Result<AnyTransform> make(const AnyConfig&, const TransformContext&) const = 0;
  };
  struct SinkPlugin : Plugin {
    SinkTraits traits;
    virtual DeliveryOptions delivery(const AnyConfig&) const = 0;
    virtual Result<std::unique_ptr<Sink>> make(const AnyConfig&, const SinkContext&) const = 0;
  };

  // `make` validates and allocates; it opens nothing and starts nothing, so that `sluice check` may
  // call it on any machine. Plain function pointers: registering cannot capture state.
  template <class Config>
  void add_source(Schema<Config> schema, SourceTraits traits, void (*describe)(const Config&, Usage&),
                  Result<std::unique_ptr<Source>> (*maker)(const Config&, const SourceContext&)) {
    struct Typed final : Decoding<Config, SourcePlugin> {
      Result<std::unique_ptr<Source>> make(const AnyConfig& config, const SourceContext& context) const override {
        return make_(this->of(config), context);
      }
      decltype(maker) make_ = nullptr;
    };
    auto plugin = opened<Typed>("source", std::move(schema), describe);
    plugin->traits = std::move(traits);
    plugin->make_ = maker;
    sources_.push_back(std::move(plugin));
  }

  template <class Config>
  void add_transform(Schema<Config> schema, TransformTraits traits,
                     void (*describe)(const Config&, Usage&),
                     Result<AnyTransform> (*maker)(const Config&, const TransformContext&)) {
    struct Typed final : Decoding<Config, TransformPlugin> {
      Result<AnyTransform> make(const AnyConfig& config, const TransformContext& context) const override {
        return make_(this->of(config), context);
      }
      decltype(maker) make_ = nullptr;
    };
    auto plugin = opened<Typed>("transform", std::move(schema), describe);
    plugin->traits = std::move(traits);
    plugin->make_ = maker;
    transforms_.push_back(std::move(plugin));
  }

  template <class Config>
  void add_sink(Schema<Config> schema, SinkTraits traits, DeliveryOptions (*options)(const Config&),
                void (*describe)(const Config&, Usage&),
                Result<std::unique_ptr<Sink>> (*maker)(const Config&, const SinkContext&)) {
    struct Typed final : Decoding<Config, SinkPlugin> {
      DeliveryOptions delivery(const AnyConfig& config) const override { return delivery_(this->of(config)); }
      Result<std::unique_ptr<Sink>> make(const AnyConfig& config, const SinkContext& context) const override {
        return make_(this->of(config), context);
      }
      decltype(maker) make_ = nullptr;
      decltype(options) delivery_ = nullptr;
    };
    auto plugin = opened<Typed>("sink", std::move(schema), describe);
    plugin->traits = std::move(traits);
    plugin->make_ = maker;
    plugin->delivery_ = options;
    sinks_.push_back(std::move(plugin));
  }

  // Nullptr when there is none of that name.
  const SourcePlugin* source(std::string_view name) const;
  const TransformPlugin* transform(std::string_view name) const;
  const SinkPlugin* sink(std::string_view name) const;

  const std::vector<std::unique_ptr<SourcePlugin>>& sources() const { return sources_; }
  const std::vector<std::unique_ptr<TransformPlugin>>& transforms() const { return transforms_; }
  const std::vector<std::unique_ptr<SinkPlugin>>& sinks() const { return sinks_; }

 private:
  // The part of a plugin that knows its Config type.
  template <class Config, class Base>
  struct Decoding : Base {
    AnyConfig decode(const Node& node, DecodeContext& context) const override {
      auto config = std::make_shared<Config>();
      if (!typed_schema->decode(node, *config, context)) return nullptr;
      return config;
    }
    void describe(const AnyConfig& config, Usage& usage) const override { typed_describe(of(config), usage); }
    static const Config& of(const AnyConfig& config) { return *static_cast<const Config*>(config.get()); }

    std::shared_ptr<const Schema<Config>> typed_schema;
    void (*typed_describe)(const Config&, Usage&) = nullptr;
  };

  template <class Typed, class Config>
  static std::unique_ptr<Typed> opened(std::string kind, Schema<Config> schema,
                                       void (*describe)(const Config&, Usage&)) {
    auto plugin = std::make_unique<Typed>();
    plugin->name = schema.name();
    plugin->kind = std::move(kind);
    plugin->schema = schema.view();
    plugin->typed_schema = std::make_shared<const Schema<Config>>(std::move(schema));
    plugin->typed_describe = describe;
    return plugin;
  }

  std::vector<std::unique_ptr<SourcePlugin>> sources_;
  std::vector<std::unique_ptr<TransformPlugin>> transforms_;
  std::vector<std::unique_ptr<SinkPlugin>> sinks_;
};

}  // namespace pipeline
