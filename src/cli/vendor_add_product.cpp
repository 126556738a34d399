#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/vendor_shared.h"

namespace muster::cli {
namespace {

// Options that set a number of the policy; the vendor's room knows them under the same names.
constexpr std::string_view kFields[] = {
    "threshold",     "validity",         "renewal",     "retry",    "retention", "clock-skew",
    "initial-grace", "additional-grace", "rearm-limit", "count-by", "licensed",  "over"};

Expected<vendor::Product> product_of(const Invocation& asked) {
  vendor::Product out;
  out.id = asked.text("product");
  out.group = asked.text("group");
  out.name = asked.maybe("name").value_or("");
  for (const auto field : kFields) {
    if (!asked.has(field)) continue;
    if (auto ok = vendor::set_field(out.policy, field, asked.text(field)); !ok) {
      return std::unexpected(ok.error());
    }
  }
  if (asked.given("over") && !out.policy.licensed) {
    return fail(ErrorCode::usage, "--over says what happens beyond --licensed, which is missing");
  }
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto out = Output::of(asked, shell);
  if (!out) return std::unexpected(out.error());
  const auto product = product_of(asked);
  if (!product) return std::unexpected(product.error());
  auto opened = open_vendor(asked);
  if (!opened) return std::unexpected(opened.error());
  const auto text = opened->add_product(*product, shell.host_clock.now());
  if (!text) return about_numbers(text.error());
  if (auto ok = out->put(*text + (text->ends_with('\n') ? "" : "\n")); !ok) {
    return std::unexpected(ok.error());
  }
  if (wants_json(asked)) {
    JsonObject facts;
    facts.add("product", product->id).add("group", product->group);
    facts.add("threshold", product->policy.threshold).add("file", out->file());
    print_facts(shell, asked, facts);
    return Exit::done;
  }
  out->words() << fmt::format("The product '{}' of group '{}' activates at {} machines.\n",
                              product->id, product->group, product->policy.threshold);
  if (out->file() == "-") return Exit::done;
  out->words() << fmt::format(
      "Its product file is {}: build it into the software, and 'muster install' it on machines.\n",
      out->file());
  return Exit::done;
}

Option duration_option(std::string_view name, std::string_view fallback, std::string_view help) {
  return {.name = name,
          .kind = Kind::duration,
          .placeholder = "DURATION",
          .help = help,
          .fallback = fallback};
}

// The numbers of a policy, with a product's defaults.
std::vector<Option> policy_options() {
  return {{.name = "threshold",
           .kind = Kind::number,
           .placeholder = "N",
           .help = "the count at which the product activates",
           .fallback = "25",
           .least = 1,
           .most = 5000},
          duration_option("validity", "180d", "how long an activation is valid"),
          duration_option("renewal", "7d", "how often an activated machine renews"),
          duration_option("retry", "2h", "how often a machine that is not activated asks"),
          duration_option("retention", "30d", "how long a silent machine stays on the roll"),
          duration_option("clock-skew", "4h", "how far a machine's clock may be off"),
          duration_option("initial-grace", "30d", "grace after the installation"),
          duration_option("additional-grace", "30d", "grace after an activation has ended"),
          {.name = "rearm-limit",
           .kind = Kind::number,
           .placeholder = "N",
           .help = "how often a machine may start its grace anew",
           .fallback = "3",
           .most = 1'000'000},
          {.name = "count-by",
           .kind = Kind::choice,
           .placeholder = "WHAT",
           .help = "what counts once",
           .fallback = "cmid",
           .choices = {"cmid", "machine"}},
          {.name = "licensed",
           .kind = Kind::number,
           .placeholder = "N",
           .help = "the most active machines that are paid for; without it any number",
           .least = 1,
           .most = UINT32_MAX},
          {.name = "over",
           .kind = Kind::choice,
           .placeholder = "WHAT",
           .help = "what happens to one machine more",
           .fallback = "report",
           .choices = {"report", "refuse"}}};
}

std::vector<Option> options() {
  std::vector<Option> out{vendor_dir_option(),
                          {.name = "product",
                           .kind = Kind::id,
                           .placeholder = "ID",
                           .help = "the product's id",
                           .required = true},
                          {.name = "group",
                           .kind = Kind::id,
                           .placeholder = "GROUP",
                           .help = "the count group that it belongs to",
                           .required = true},
                          {.name = "out",
                           .kind = Kind::file,
                           .placeholder = "FILE",
                           .help = "where the product file is written; - is stdout",
                           .required = true,
                           .variable = "MUSTER_PRODUCT_OUT"},
                          {.name = "name",
                           .placeholder = "NAME",
                           .help = "the product's name, for people; without it the id",
                           .variable = "MUSTER_PRODUCT_NAME"}};
  for (auto& option : policy_options()) out.push_back(option);
  out.push_back(passphrase_option());
  out.push_back(json_option());
  return out;
}

}  // namespace

Command vendor_add_product_command() {
  return {
      .path = "vendor add-product",
      .summary = "add a product with its policy, and write its product file",
      .description =
          "Durations are a number and m, h, d or y: 90m, 4h, 180d, 2y. The products of one group "
          "share a roll, and must agree in --retention and --count-by. The same command again "
          "writes the product file again.",
      .options = options(),
      .fields = {{"product", "the product's id"},
                 {"group", "its count group"},
                 {"threshold", "the count at which it activates"},
                 {"file", "the product file that was written"}},
      .examples = {{"muster vendor add-product --dir acme --product acme-cad --group desktop --out "
                    "acme-cad.product",
                    "a product with the usual numbers: 25 machines, 180 days, renewed every 7"}},
      .hints = {{ErrorCode::conflict,
                 "give its own numbers to have its file written again, or choose another "
                 "--product"}},
      .exits = {Exit::refused, Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
