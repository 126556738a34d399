// A site as a person describes it on the command line of `muster lab plan`.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/invocation.h"
#include "lab/plan.h"

namespace muster::cli {

[[nodiscard]] std::vector<Option> site_options();
// usage, with the option, what was found and what was expected. A site that is returned is one that
// lab::check() takes.
[[nodiscard]] Expected<lab::Site> read_site(const Invocation& asked);
// The whole command that plans this site; options that say what holds anyway are left out.
[[nodiscard]] std::string site_command(const lab::Site& site, const Invocation& asked);

}  // namespace muster::cli
