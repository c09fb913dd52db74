#include "pipeline/app/command.h"

namespace pipeline {

void add_commands(CommandLine line) {
  add_run(line);
  add_version(line);
}

}  // namespace pipeline
