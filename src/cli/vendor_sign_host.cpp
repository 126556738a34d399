#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/vendor_shared.h"

namespace muster::cli {
namespace {

Expected<vendor::HostOrder> order_of(const Invocation& asked) {
  vendor::HostOrder out;
  auto request = read_text(asked.text("request"));
  if (!request) return std::unexpected(request.error());
  if (auto read = wire::read_host_request(*request); !read) {
    return in_file(asked.text("request"), read.error());
  }
  out.request = std::move(*request);
  out.customer = asked.text("customer");
  out.products = asked.all("product");
  out.valid_for = asked.duration("expires");
  for (const auto& text : asked.all("set")) {
    auto setting = vendor::parse_setting(text);
    if (!setting) return std::unexpected(setting.error());
    out.settings.push_back(std::move(*setting));
  }
  if (const auto file = asked.maybe("entitlements")) {
    auto text = read_text(*file);
    if (!text) return std::unexpected(text.error());
    out.entitlements = std::move(*text);
  }
  return out;
}

JsonObject facts_of(const vendor::SignedHost& made, const std::string& file) {
  std::vector<JsonObject> keys;
  for (const auto& key : made.keys) {
    JsonObject item;
    item.add("id", key.id).add("product", key.product).add("group", key.group);
    item.add("threshold", key.policy.threshold).add("expires", key.expires);
    keys.push_back(std::move(item));
  }
  JsonObject out;
  out.add("customer", made.keys.front().customer);
  out.add("host", made.request.host.thumbprint()).add("host_name", made.request.host_name);
  out.add("keys", keys).add("file", file);
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto out = Output::of(asked, shell);
  if (!out) return std::unexpected(out.error());
  const auto order = order_of(asked);
  if (!order) return std::unexpected(order.error());
  auto opened = open_vendor(asked);
  if (!opened) return std::unexpected(opened.error());
  const auto made = opened->sign_host(*order, shell.host_clock.now(), shell.random);
  if (!made) return about_numbers(made.error());
  if (auto ok = out->put(made->key_file); !ok) return std::unexpected(ok.error());
  if (wants_json(asked)) {
    print_facts(shell, asked, facts_of(*made, out->file()));
    return Exit::done;
  }
  for (const auto& key : made->keys) {
    out->words() << fmt::format("Signed: {} may activate '{}' from {} machines on, until {}.\n",
                                key.customer, key.product, key.policy.threshold,
                                format_time(key.expires));
  }
  if (out->file() == "-") return Exit::done;
  out->words() << fmt::format(
      "The host keys are in {}: send it to the customer, who runs\n"
      "  muster host install-key --dir DIR {}\n",
      out->file(), std::filesystem::path(out->file()).filename().string());
  return Exit::done;
}

}  // namespace

Command vendor_sign_host_command() {
  return {
      .path = "vendor sign-host",
      .summary = "sign a host key, by which a customer's host may activate products",
      .options =
          {vendor_dir_option(),
           {.name = "request",
            .kind = Kind::file,
            .placeholder = "FILE",
            .help = "the host's request file, host-request.txt",
            .required = true},
           {.name = "customer", .placeholder = "NAME", .help = "whom it is for", .required = true},
           {.name = "product",
            .kind = Kind::id,
            .placeholder = "ID",
            .help = "a product that the host may activate",
            .required = true,
            .repeated = true},
           {.name = "out",
            .kind = Kind::file,
            .placeholder = "FILE",
            .help = "where the host keys are written; - is stdout",
            .required = true,
            .variable = "MUSTER_HOST_KEYS_OUT"},
           {.name = "set",
            .placeholder = "PRODUCT.FIELD=VALUE",
            .help = "a number of this customer's own, named like an option of add-product",
            .repeated = true},
           {.name = "entitlements",
            .kind = Kind::file,
            .placeholder = "FILE",
            .help = "a JSON object that is copied into every activation"},
           {.name = "expires",
            .kind = Kind::duration,
            .placeholder = "DURATION",
            .help = "how long the host may activate",
            .fallback = "2y"},
           passphrase_option(),
           json_option()},
      .fields = {{"customer", "whom it is for"},
                 {"host", "thumbprint of the host's public key"},
                 {"host_name", "the name in the host's request"},
                 {"keys", "list of {id, product, group, threshold, expires}, one a product"},
                 {"file", "the file with the host keys that was written"}},
      .examples = {{"muster vendor sign-host --dir acme --request host-request.txt --customer "
                    "\"Example Corp\" --product acme-cad --set acme-cad.threshold=10 --out "
                    "host.keys",
                    "let Example Corp activate acme-cad from 10 machines on"}},
      .exits = {Exit::refused, Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
