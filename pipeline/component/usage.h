#pragma once

#include <string>
#include <vector>

#include "pipeline/config/source_text.h"

namespace pipeline {

// What a component does with records, as far as its configuration tells: what `check` needs to
// prove a topology right without running it. Filled by the plugin's describe().
struct Usage {
  struct Name {
    std::string name;  // `level`, `$file.path`, `$label.app`
    Location where;    // of the option that mentions it
  };
  struct LabelUse {
    std::string name;
    bool always = false;  // set on every record: a constant, a name with a default, `$host.name`
    Location where;
  };
  struct Listen {
    std::string address;  // host:port or unix:PATH, as configured
    Location where;
  };
  struct Path {
    std::string pattern;  // a glob that is read, or the literal prefix of what is written
    Location where;
  };

  std::vector<Name> reads;
  std::vector<Name> writes;       // fields and `$` names that it makes or changes
  std::vector<Name> parses;       // fields that it takes from the line; an empty name: any
  std::vector<LabelUse> labels;   // labels that it sets
  std::vector<Name> metadata;     // structured metadata that it sets
  std::vector<Listen> listens;
  std::vector<Path> reads_files;
  std::vector<Path> skips_files;   // globs that are left out of those that are read
  std::vector<Path> writes_files;
  bool encodes_body = false;      // writes the fields back into the line
  bool rewrites_body = false;     // changes the line in another way
  bool parses_body = false;       // json, logfmt, regex: fields of the line exist behind it
};

}  // namespace pipeline
