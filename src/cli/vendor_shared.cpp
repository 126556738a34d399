#include "cli/vendor_shared.h"

#include "cli/files.h"

namespace muster::cli {

Option vendor_dir_option() {
  return {.name = "dir",
          .kind = Kind::directory,
          .placeholder = "DIR",
          .help = "the vendor's directory",
          .required = true,
          .variable = "MUSTER_VENDOR_DIR"};
}

Option passphrase_option() {
  return {.name = "passphrase-file",
          .kind = Kind::file,
          .placeholder = "FILE",
          .help =
              "the root key's passphrase, in the file's first line; without it "
              "DIR/root.passphrase"};
}

Expected<vendor::Vendor> open_vendor(const Invocation& asked) {
  const std::filesystem::path dir = asked.text("dir");
  const auto encrypted = vendor::Vendor::needs_passphrase(dir);
  if (!encrypted) return std::unexpected(encrypted.error());
  std::string passphrase;
  if (*encrypted) {
    const auto named = asked.maybe("passphrase-file");
    const auto file = named ? std::filesystem::path(*named) : dir / vendor::kPassphraseFile;
    std::error_code unknown;
    if (!named && !std::filesystem::exists(file, unknown) && !unknown) {
      return fail(ErrorCode::wrong_passphrase, "the root key is encrypted and none was given");
    }
    auto read = read_first_line(file);
    if (!read) return std::unexpected(read.error());
    passphrase = std::move(*read);
  }
  return vendor::Vendor::open(dir, passphrase);
}

std::unexpected<Error> about_numbers(const Error& error) {
  if (error.code == ErrorCode::policy_conflict) {
    return fail(ErrorCode::usage, error.sentence() +
                                      "; give it the --retention and --count-by of the group's "
                                      "others, or another group");
  }
  if (error.code == ErrorCode::policy_invalid) return fail(ErrorCode::usage, error.sentence());
  return std::unexpected(error);
}

}  // namespace muster::cli
