#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/vendor_shared.h"

namespace muster::cli {
namespace {

JsonObject facts_of(const vendor::Vendor& made, const std::filesystem::path& passphrase) {
  JsonObject out;
  out.add("name", made.name()).add("vendor_id", made.vendor_id());
  out.add("dir", made.dir().string());
  if (passphrase.empty()) {
    out.add_null("passphrase_file");
  } else {
    out.add("passphrase_file", passphrase.string());
  }
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const std::filesystem::path dir = asked.text("dir");
  std::filesystem::path made_file;
  std::string passphrase;
  if (const auto file = asked.maybe("passphrase-file")) {
    auto read = read_first_line(*file);
    if (!read) return std::unexpected(read.error());
    passphrase = std::move(*read);
  } else {
    made_file = dir / vendor::kPassphraseFile;
    passphrase = base64url(shell.random.bytes<24>());
  }
  const auto made = vendor::Vendor::init(
      dir, asked.text("name"), passphrase,
      made_file.empty() ? vendor::Passphrase::elsewhere : vendor::Passphrase::in_the_directory);
  if (!made) return std::unexpected(made.error());
  if (wants_json(asked)) {
    print_facts(shell, asked, facts_of(*made, made_file));
    return Exit::done;
  }
  shell.out << fmt::format("Made the vendor '{}' in {}.\nvendor id  {}\n\n", made->name(),
                           dir.string(), made->vendor_id());
  shell.out << wrap(made->backup_note(), 90, "");
  if (!made_file.empty()) {
    shell.out << fmt::format(
        "\nNo passphrase was given, so one was made: {}.\nMove that file to another place than "
        "the key's, and name it with --passphrase-file from then on.\n",
        made_file.string());
  }
  shell.out << fmt::format(
      "\nNext: muster vendor add-product --dir {} --product ID --group GROUP "
      "--out FILE.product\n",
      dir.string());
  return Exit::done;
}

}  // namespace

Command vendor_init_command() {
  return {
      .path = "vendor init",
      .summary = "make a vendor's directory with its root key",
      .description =
          "The root key signs every product file and host key, and stands encrypted in the "
          "directory. Where no passphrase is given, one is made and kept beside the key until you "
          "move it. The answer says what to back up.",
      .options = {{.name = "name",
                   .placeholder = "NAME",
                   .help = "the vendor's name, for people",
                   .required = true,
                   .variable = "MUSTER_VENDOR_NAME"},
                  vendor_dir_option(),
                  passphrase_option(),
                  json_option()},
      .fields = {{"name", "the vendor's name"},
                 {"vendor_id", "the root key's thumbprint, by which everybody knows the vendor"},
                 {"dir", "the directory"},
                 {"passphrase_file", "the file with the passphrase that was made, or null"}},
      .examples = {{"muster vendor init --name \"Acme\" --dir acme --passphrase-file pass.txt",
                    "become a vendor"}},
      .hints = {{ErrorCode::file_unwritable, "make the directory above it first, or name another"}},
      .run = run,
  };
}

}  // namespace muster::cli
