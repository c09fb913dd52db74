#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/decode_context.h"
#include "pipeline/config/load.h"
#include "pipeline/topology/plan.h"
#include "pipeline/topology/resources.h"

namespace pipeline {

struct ReadOptions {
  std::string host_name;  // what `$host.name` reads
  Resources resources;    // what `auto` resolves to
  // Factories are run once and their components thrown away, so that what only they can see is an
  // error here and not at the start.
  bool make_components = true;
  // False when a part of the configuration could not be read: a name that nothing has may stand
  // there, so nobody complains about what is absent.
  bool is_complete = true;
};

// Turns a configuration into a plan. Everything that is wrong goes to `context.diagnostics()`, in
// one pass; nothing when any of it is an error. Opens no file but those that `${file:PATH}` names,
// and none at all in static mode (of context.substitution()).
std::optional<Plan> read_plan(const Node& root, const Registry& registry, DecodeContext& context,
                              const ReadOptions& options);

struct Configuration {
  std::optional<Plan> plan;
  Loaded loaded;  // for `check --print`, and the files for `--watch`
};

// Loads the files and reads them. The same rules; `options.is_complete` is filled in.
Configuration read_configuration(const LoadOptions& load_options, const Registry& registry,
                                 Substitution& substitution, Diagnostics& diagnostics,
                                 ReadOptions options);

}  // namespace pipeline
