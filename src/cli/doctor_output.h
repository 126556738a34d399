// What a doctor saw, for programs and for people.
#pragma once

#include "cli/output.h"
#include "cli/shell.h"
#include "client/doctor.h"

namespace muster::cli {

// The fields usable, domains, lookups, hosts, findings, as `muster doctor` documents them.
[[nodiscard]] JsonObject facts_of(const client::Diagnosis& seen);
void print_diagnosis(Shell& shell, const client::Diagnosis& seen);

}  // namespace muster::cli
