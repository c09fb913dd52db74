#include "pipeline/app/command.h"

namespace pipeline {

void add_commands(CommandLine line) {
  add_run(line);
  add_check(line);
  add_try(line);
  add_explain(line);
  add_plugins(line);
  add_schema(line);
  add_diff(line);
  add_graph(line);
  add_health(line);
  add_completion(line);
  add_docs(line);
  add_version(line);
}

}  // namespace pipeline
