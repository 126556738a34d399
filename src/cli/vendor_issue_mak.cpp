#include <fmt/format.h>

#include <ostream>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/vendor_shared.h"

namespace muster::cli {
namespace {

Expected<vendor::MakOrder> order_of(const Invocation& asked) {
  vendor::MakOrder out;
  const auto ledger = wire::parse_ledger_id(asked.text("ledger"));
  if (!ledger) return std::unexpected(ledger.error());
  out.ledger = *ledger;
  out.product = asked.text("product");
  out.customer = asked.text("customer");
  out.policy.limit = static_cast<std::uint32_t>(asked.number("limit"));
  out.policy.reactivation = *reactivation_of(asked.text("reactivation"));
  out.policy.match = *match_of(asked.text("match"));
  out.policy.release = *release_of(asked.text("release"));
  if (asked.has("expires")) out.valid_for = asked.duration("expires");
  out.hint = asked.maybe("hint").value_or("");
  return out;
}

JsonObject facts_of(const vendor::IssuedMak& made, const std::optional<std::string>& key_file,
                    const std::string& file) {
  const auto& mak = made.mak;
  JsonObject out;
  out.add("id", mak.id).add("product", mak.product).add("customer", mak.customer);
  out.add("ledger", hex(mak.ledger)).add("limit", mak.policy.limit);
  out.add("expires", mak.policy.expires);
  key_file ? out.add_null("key") : out.add("key", made.key.text());
  return out.add("key_file", key_file).add("file", file);
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto out = Output::of(asked, shell);
  if (!out) return std::unexpected(out.error());
  const auto order = order_of(asked);
  if (!order) return std::unexpected(order.error());
  auto opened = open_vendor(asked);
  if (!opened) return std::unexpected(opened.error());
  const auto made = opened->issue_mak(*order, shell.host_clock.now(), shell.random);
  if (!made) return about_numbers(made.error());
  const auto key_file = asked.maybe("key-out");
  if (key_file) {
    auto ok = write_new_file(*key_file, made->key.text() + "\n", 0600);
    if (!ok) return std::unexpected(ok.error());
  }
  if (auto ok = out->put(made->mak.text + "\n"); !ok) {
    // A key without its document sells nothing.
    std::error_code failed;
    if (key_file) std::filesystem::remove(*key_file, failed);
    return std::unexpected(ok.error());
  }
  if (wants_json(asked)) {
    print_facts(shell, asked, facts_of(*made, key_file, out->file()));
    return Exit::done;
  }
  out->words() << fmt::format("Issued for {}: {} machines may be activated for '{}' by the key\n",
                              made->mak.customer, made->mak.policy.limit, made->mak.product);
  out->words() << (key_file ? fmt::format("in {}.\n", *key_file)
                            : fmt::format("  {}\n", made->key.text()));
  out->words() << "It is kept nowhere, so keep it.\n";
  if (out->file() == "-") return Exit::done;
  out->words() << fmt::format(
      "Send {} to the customer, who runs\n"
      "  muster host add-mak --dir DIR {}\n",
      out->file(), std::filesystem::path(out->file()).filename().string());
  return Exit::done;
}

std::vector<Option> options() {
  return {vendor_dir_option(),
          {.name = "product",
           .kind = Kind::id,
           .placeholder = "ID",
           .help = "the product that the key activates",
           .required = true},
          {.name = "limit",
           .kind = Kind::number,
           .placeholder = "N",
           .help = "machines that may hold a place",
           .required = true,
           .least = 1,
           .most = MakPolicy::kLimitMost},
          {.name = "ledger",
           .placeholder = "ID",
           .help = "the ledger that may sell the places, as 'muster host ledger-id' prints it",
           .required = true},
          {.name = "out",
           .kind = Kind::file,
           .placeholder = "FILE",
           .help = "where the key's document for the host is written; - is stdout",
           .required = true,
           .variable = "MUSTER_MAK_OUT"},
          {.name = "key-out",
           .kind = Kind::file,
           .placeholder = "FILE",
           .help = "a new file, for its owner alone, that the key itself is written to; without "
                   "it the key is printed"},
          {.name = "customer",
           .placeholder = "NAME",
           .help = "whom it is for",
           .fallback = "a customer"},
          {.name = "reactivation",
           .kind = Kind::choice,
           .placeholder = "WHAT",
           .help = "what an installation anew on unchanged hardware costs: nothing, or a place",
           .fallback = "free",
           .choices = {"free", "counts"}},
          {.name = "match",
           .kind = Kind::choice,
           .placeholder = "HOW",
           .help = "how many facts must agree in the same machine",
           .fallback = "most",
           .choices = {"any", "most", "all"}},
          {.name = "release",
           .kind = Kind::choice,
           .placeholder = "WHETHER",
           .help = "may the customer give places back?",
           .fallback = "allowed",
           .choices = {"allowed", "never"}},
          {.name = "expires",
           .kind = Kind::duration,
           .placeholder = "DURATION",
           .help = "how long new places are sold; without it for ever",
           .variable = "MUSTER_MAK_EXPIRES"},
          {.name = "hint",
           .placeholder = "TEXT",
           .help = "what a machine is told where the limit is reached: whom to call"},
          passphrase_option(),
          json_option()};
}

}  // namespace

Command vendor_issue_mak_command() {
  return {
      .path = "vendor issue-mak",
      .summary = "make a multiple activation key with a hard limit, for one host's ledger",
      .description =
          "For machines that counting does not fit: too few for the threshold, or never near a "
          "host. The key is printed once; the document and the host keep a hash of it.",
      .options = options(),
      .fields = {{"id", "the key's id, which says nothing of the key"},
                 {"product", "the product's id"},
                 {"customer", "whom it is for"},
                 {"ledger", "the ledger that may sell it"},
                 {"limit", "whole number: machines that may hold a place"},
                 {"expires", "from when on no new place is sold, or null"},
                 {"key", "the key, or null where --key-out took it"},
                 {"key_file", "the file with the key, or null"},
                 {"file", "the file with the document that was written"}},
      .examples = {{"muster vendor issue-mak --dir acme --product acme-cad --limit 100 --ledger "
                    "1d0c5f7a9b3e4d2187f06c5ab4e392d1 --key-out key.txt --out acme-cad.mak",
                    "a hundred machines of the host with this ledger"}},
      .exits = {Exit::refused, Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
