// Many request files answered in one go, by whoever can ask: what 'muster mak answer' and
// 'muster mak collect' share.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "cli/invocation.h"
#include "cli/output.h"
#include "cli/shell.h"
#include "wire/mak_file.h"

namespace muster::cli {

// The answers to some requests, in order; an error in an answer's place is about that request, an
// error as a whole ends the run: what was not asked is asked by the next one.
using AskMak = std::function<Expected<std::vector<Expected<wire::MakAnswer>>>(
    std::span<const wire::MakRequest>)>;

// For each of the arguments FILE: reads it, asks with up to `at_once` others, writes the answer
// into the directory --out under the file's name with ".answer", and says in a line what became of
// it. A request that stands answered there with its place is not asked again. Exit::refused where
// some have no place.
[[nodiscard]] Expected<Exit> answer_files(const Invocation& asked, Shell& shell,
                                          std::size_t at_once, const AskMak& ask);

// Of both commands: FILE, --out, and the members of a line.
[[nodiscard]] Argument request_files_argument();
[[nodiscard]] Option answers_option();
[[nodiscard]] std::vector<Field> answered_fields();

}  // namespace muster::cli
