// `muster completion` and `muster man`: what the table says, for shells and for man.
#include <ostream>

#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/papers.h"
#include "cli/run.h"

namespace muster::cli {
namespace {

Expected<Exit> run_completion(const Invocation& asked, Shell& shell) {
  const auto& which = asked.text("SHELL");
  const auto table = command_table();
  shell.out << (which == "bash"  ? bash_completion(table)
                : which == "zsh" ? zsh_completion(table)
                                 : fish_completion(table));
  return Exit::done;
}

Expected<Exit> run_man(const Invocation& asked, Shell& shell) {
  const auto table = command_table();
  shell.out << (asked.text("format") == "roff" ? man_page(table, kVersion)
                                               : commands_markdown(table));
  return Exit::done;
}

}  // namespace

Command completion_command() {
  return {
      .path = "completion",
      .summary = "print a shell's completion script",
      .arguments = {{.name = "SHELL",
                     .kind = Kind::choice,
                     .help = "bash, zsh or fish",
                     .choices = {"bash", "zsh", "fish"}}},
      .examples = {{"source <(muster completion bash)", "complete in this shell"},
                   {"muster completion fish | source", "the same in fish"}},
      .run = run_completion,
  };
}

Command man_command() {
  return {
      .path = "man",
      .summary = "print the manual page",
      .options = {{.name = "format",
                   .kind = Kind::choice,
                   .placeholder = "FORMAT",
                   .help = "how it is written",
                   .fallback = "roff",
                   .choices = {"roff", "markdown"},
                   .variable = "MUSTER_MAN_FORMAT"}},
      .examples = {{"muster man | man -l -", "read it"},
                   {"muster man > /usr/local/share/man/man1/muster.1", "keep it"}},
      .run = run_man,
  };
}

}  // namespace muster::cli
