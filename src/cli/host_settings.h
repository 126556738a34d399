// The host's settings as options of a command, from the host's own table.
#pragma once

#include <vector>

#include "cli/command.h"
#include "cli/invocation.h"
#include "host/options.h"

namespace muster::cli {

// --config and one for each setting, behind a command's own, which has a "dir". To be called once
// for a command, and never for each run.
[[nodiscard]] std::vector<Option> with_host_settings(std::vector<Option> own);
// What file, variables and flags say together. The errors of read_config and check.
[[nodiscard]] Expected<host::HostOptions> host_options_of(const Invocation& asked);

}  // namespace muster::cli
