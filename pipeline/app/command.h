#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pipeline {

class FileSystem;
class Registry;

// What every command is given: which plugins there are and where its exit code goes. A command adds
// itself to the command line and runs in its callback.
struct CommandLine {
  CLI::App& app;
  const Registry& registry;
  FileSystem& files;  // outlives every configuration: secrets are read through it
  int& exit_code;  // contract 6: 0 done, 1 failed, 2 usage or configuration, 3 with loss
};

// All of them, in the order of the help screen.
void add_commands(CommandLine line);

void add_run(CommandLine line);
void add_check(CommandLine line);
void add_try(CommandLine line);
void add_explain(CommandLine line);
void add_plugins(CommandLine line);
void add_schema(CommandLine line);
void add_diff(CommandLine line);
void add_graph(CommandLine line);
void add_health(CommandLine line);
void add_completion(CommandLine line);
void add_docs(CommandLine line);
void add_version(CommandLine line);

}  // namespace pipeline
