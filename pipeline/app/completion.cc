#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

#include "pipeline/app/command.h"
#include "pipeline/app/plugin_list.h"

namespace pipeline {
namespace {

// A command with the flags that it takes, out of the tree that also parses the command line.
struct Completable {
  std::string name;
  std::string help;
  std::vector<std::pair<std::string, std::string>> flags;  // "--strict", its help
};

std::vector<Completable> commands_of(const CLI::App& app) {
  std::vector<Completable> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    Completable made{.name = command->get_name(), .help = command->get_description(), .flags = {}};
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames())
        made.flags.emplace_back("--" + name, option->get_description());
    commands.push_back(std::move(made));
  }
  return commands;
}

// What `sluice explain` can be asked for.
std::string explainable(const Registry& registry) {
  std::string words = "list";
  for (const Registry::Plugin* plugin : plugins_by_kind(registry)) words += " " + plugin->name;
  return words;
}

// Text between single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash(const std::vector<Completable>& commands, const std::string& plugins) {
  std::string names, cases;
  for (const Completable& command : commands) {
    names += (names.empty() ? "" : " ") + command.name;
    std::string flags;
    for (const auto& [flag, help] : command.flags) flags += (flags.empty() ? "" : " ") + flag;
    cases += fmt::format("    {}) flags='{}' ;;\n", command.name, flags);
  }
  return fmt::format(R"(# source <(sluice completion bash)
_sluice() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}" flags=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$word"))
    return
  fi
  case "$command" in
{}  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")); return ;;
  esac
  case "$command" in
    explain) COMPREPLY=($(compgen -W '{}' -- "$word")) ;;
    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word")) ;;
    *) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}}
complete -F _sluice sluice
)",
                     names, cases, plugins);
}

// Text of a zsh description: brackets and colons end one.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh(const std::vector<Completable>& commands, const std::string& plugins) {
  std::string names, cases;
  for (const Completable& command : commands) {
    names += "    " + shell_quoted(command.name + ":" + zsh_text(command.help)) + "\n";
    cases += fmt::format("    {}) _arguments", command.name);
    for (const auto& [flag, help] : command.flags)
      cases += " " + shell_quoted(fmt::format("{}[{}]", flag, zsh_text(help)));
    const std::string rest = command.name == "explain"      ? "*:what:(" + plugins + ")"
                             : command.name == "completion" ? std::string("*:shell:(bash zsh fish)")
                                                            : std::string("*:file:_files");
    cases += " " + shell_quoted(rest) + " ;;\n";
  }
  return fmt::format(R"(#compdef sluice
# source <(sluice completion zsh)
_sluice() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
{}  esac
}}
compdef _sluice sluice
)",
                     names, cases);
}

std::string fish(const std::vector<Completable>& commands, const std::string& plugins) {
  std::string out = "# sluice completion fish | source\n";
  for (const Completable& command : commands) {
    out += fmt::format("complete -c sluice -n __fish_use_subcommand -f -a {} -d {}\n", command.name,
                       shell_quoted(command.help));
    for (const auto& [flag, help] : command.flags)
      out += fmt::format("complete -c sluice -n '__fish_seen_subcommand_from {}' -l {} -d {}\n",
                         command.name, flag.substr(2), shell_quoted(help));
  }
  out += fmt::format("complete -c sluice -n '__fish_seen_subcommand_from explain' -f -a {}\n",
                     shell_quoted(plugins));
  out += "complete -c sluice -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n";
  return out;
}

}  // namespace

void add_completion(CommandLine line) {
  CLI::App* command =
      line.app.add_subcommand("completion", "Print what completes commands in a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "Which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([shell, line] {
    const auto commands = commands_of(line.app);
    const std::string plugins = explainable(line.registry);
    fmt::print("{}", *shell == "bash"  ? bash(commands, plugins)
                     : *shell == "zsh" ? zsh(commands, plugins)
                                       : fish(commands, plugins));
  });
}

}  // namespace pipeline
