// Usage report: header alg, typ muster-report+jwt, kid (the host key's thumbprint). Claims:
//   iss   thumbprint of the host's key     iat   NumericDate     from, to   months, "2026-11", both
//   included log   {"epoch","seq","hash"}: counted up to this event of the host's log; hash is the
//         first 16 bytes of the chain's there
//   products   list of {"vendor" id, "product" id, "group" id, "vendor_name", "name", "customer"
//         texts that may be empty, "licensed" number or left out, "months"}
//   months     list of {"month", "machines", "by_fact" numbers, "peak" number, "peak_at"
//   NumericDate,
//         left out where peak is 0}, every month from `from` to `to`
#include "wire/usage_report.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "wire/claims.h"

namespace muster::wire {
namespace {

constexpr std::int64_t kMachinesMost = INT64_MAX;

void write_month(std::string& out, const UsageMonth& month) {
  json::Writer writer(out);
  writer.plain("month", format_month(month.month))
      .number("machines", static_cast<std::int64_t>(month.machines))
      .number("by_fact", static_cast<std::int64_t>(month.by_fact))
      .number("peak", static_cast<std::int64_t>(month.peak));
  if (month.peak > 0) writer.date("peak_at", month.peak_at);
  writer.end();
}

template <class List, class Write>
void write_items(std::string& out, const List& list, const Write& write) {
  out.push_back('[');
  for (const auto& item : list) {
    if (&item != &list.front()) out.push_back(',');
    write(out, item);
  }
  out.push_back(']');
}

void write_product(std::string& out, const ProductUsage& product) {
  json::Writer writer(out);
  writer.plain("vendor", product.vendor_id)
      .plain("product", product.product)
      .plain("group", product.group)
      .text("vendor_name", product.vendor)
      .text("name", product.name)
      .text("customer", product.customer);
  if (product.licensed) writer.number("licensed", *product.licensed);
  write_items(writer.key("months"), product.months, write_month);
  writer.end();
}

std::int32_t read_month(json::Claims& claims, std::string_view name) {
  const auto text = claims.nonempty(name, 7);
  const auto month = parse_month(text);
  if (claims.ok() && !month) claims.refuse(name, "a month such as 2026-11 expected");
  return month.value_or(0);
}

std::vector<UsageMonth> read_months(json::Claims& claims, const json::Tree& tree,
                                    const UsageReport& report) {
  std::vector<UsageMonth> out;
  const auto* list = claims.member("months", json::Kind::array);
  if (list == nullptr) return out;
  for (const auto* item = tree.first(*list); item != nullptr; item = tree.next(*item)) {
    json::Claims inner(tree, *item, ErrorCode::missing_claim);
    auto& month = out.emplace_back();
    month.month = read_month(inner, "month");
    const auto number = [&](std::string_view name) {
      return static_cast<std::uint64_t>(inner.number(name, 0, kMachinesMost));
    };
    month.machines = number("machines");
    month.by_fact = number("by_fact");
    month.peak = number("peak");
    if (month.peak > 0) month.peak_at = inner.numeric_date("peak_at");
    const auto expected = report.from + static_cast<std::int32_t>(out.size()) - 1;
    if (inner.ok() && month.month != expected) inner.refuse("month", "the next month expected");
    claims.take(inner);
    if (!claims.ok()) return out;
  }
  if (report.to - report.from + 1 != static_cast<std::int32_t>(out.size())) {
    claims.refuse("months", "every month from `from` to `to` expected");
  }
  return out;
}

void read_products(json::Claims& claims, const json::Tree& tree, UsageReport& out) {
  const auto* list = claims.member("products", json::Kind::array);
  if (list == nullptr) return;
  for (const auto* item = tree.first(*list); item != nullptr; item = tree.next(*item)) {
    json::Claims inner(tree, *item, ErrorCode::missing_claim);
    auto& product = out.products.emplace_back();
    product.vendor_id = inner.thumbprint("vendor");
    product.product = inner.id("product");
    if (inner.has("group")) product.group = inner.text("group", kPeopleNameMost);
    product.vendor = inner.text("vendor_name", kPeopleNameMost);
    product.name = inner.text("name", kPeopleNameMost);
    product.customer = inner.text("customer", kPeopleNameMost);
    if (inner.has("licensed")) product.licensed = inner.count("licensed");
    product.months = read_months(inner, tree, out);
    claims.take(inner);
    if (!claims.ok()) return;
  }
}

}  // namespace

std::string format_month(std::int32_t month) {
  return fmt::format("{:04}-{:02}", 1970 + month / 12, 1 + month % 12);
}

std::optional<std::int32_t> parse_month(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  const auto year = whole_number<std::uint16_t>(text.substr(0, 4));
  const auto month = whole_number<std::uint16_t>(text.substr(5));
  if (!year || !month || *year < 1970 || *month < 1 || *month > 12) return std::nullopt;
  return (*year - 1970) * 12 + *month - 1;
}

Expected<std::string> sign_report(const UsageReport& report, Signer& host) {
  std::string payload;
  json::Writer writer(payload);
  writer.plain("iss", report.host)
      .date("iat", report.issued)
      .plain("from", format_month(report.from))
      .plain("to", format_month(report.to));
  json::Writer(writer.key("log"))
      .number("epoch", report.log.epoch)
      .number("seq", static_cast<std::int64_t>(report.log.seq))
      .bytes("hash", report.log.hash)
      .end();
  write_items(writer.key("products"), report.products, write_product);
  writer.end();
  auto out = sign_jws(host, document_header(kTypReport, host.public_key().thumbprint()), payload);
  if (out && out->size() > kDocumentMost) {
    return fail(ErrorCode::conflict, "the report is too long to be signed; ask for fewer months");
  }
  return out;
}

Expected<UsageReport> verify_report(std::string_view text, const PublicKey& host) {
  const auto jws = parse_jws(text, kTypReport);
  if (!jws) return std::unexpected(jws.error());
  if (!host.verifies(jws->signed_text, jws->signature)) {
    return fail(ErrorCode::bad_signature, "usage report");
  }
  json::Tree tree;
  if (auto ok = parse_payload(tree, *jws); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  UsageReport out;
  out.host = claims.thumbprint("iss");
  out.issued = claims.numeric_date("iat");
  out.from = read_month(claims, "from");
  out.to = read_month(claims, "to");
  auto log = claims.object("log");
  out.log.epoch = log.count("epoch");
  out.log.seq = log.place("seq");
  out.log.hash = log.bytes<16>("hash");
  claims.take(log);
  if (claims.ok() && out.host != host.thumbprint()) claims.refuse("iss", "another host's");
  if (claims.ok() && out.from > out.to) claims.refuse("to", "not before `from` expected");
  if (claims.ok()) read_products(claims, tree, out);
  if (!claims.ok()) return claims.failure();
  return out;
}

}  // namespace muster::wire
