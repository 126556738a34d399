// What the vendor's commands share.
#pragma once

#include "cli/invocation.h"
#include "cli/shell.h"
#include "vendor/vendor.h"

namespace muster::cli {

// The file that holds the passphrase where `vendor init` was given none: DIR/root.passphrase, 0600.
inline constexpr std::string_view kPassphraseFile = "root.passphrase";

[[nodiscard]] Option vendor_dir_option();
[[nodiscard]] Option passphrase_option();

// Opens the directory named by --dir, with the passphrase of --passphrase-file, else of
// DIR/root.passphrase.
[[nodiscard]] Expected<vendor::Vendor> open_vendor(const Invocation& asked);

}  // namespace muster::cli
