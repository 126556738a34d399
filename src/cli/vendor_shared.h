// What the vendor's commands share.
#pragma once

#include "cli/invocation.h"
#include "cli/shell.h"
#include "vendor/vendor.h"

namespace muster::cli {

[[nodiscard]] Option vendor_dir_option();
[[nodiscard]] Option passphrase_option();

// Opens the directory named by --dir, with the passphrase of --passphrase-file, else of
// DIR/root.passphrase.
[[nodiscard]] Expected<vendor::Vendor> open_vendor(const Invocation& asked);

// The vendor's numbers come from his own command line: what is wrong with them is usage, and no
// document's fault.
[[nodiscard]] std::unexpected<Error> about_numbers(const Error& error);

}  // namespace muster::cli
