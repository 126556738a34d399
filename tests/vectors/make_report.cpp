// Makes report.json anew: make_report_vectors DIRECTORY. As make.cpp: by hand, and only when the
// document gains a claim.
#include "wire/usage_report.h"

#include "make.h"

namespace muster::wire {
namespace {

using sample::filled;
using sample::kToday;
using sample::World;

UsageReport report(const World& world) {
  UsageReport out;
  out.host = world.host.public_key().thumbprint();
  out.from = *parse_month("2025-12");
  out.to = *parse_month("2026-01");
  out.log = {1, 2'000, filled<16>(1)};
  out.issued = kToday;
  auto& product = out.products.emplace_back();
  product.vendor_id = world.root.public_key().thumbprint();
  product.product = "acme-cad";
  product.group = "desktop";
  product.vendor = "Acme";
  product.name = "Acme CAD";
  product.customer = "Corp";
  product.licensed = 500;
  product.months = {
      {.month = out.from, .machines = 480, .by_fact = 471},
      {.month = out.to, .machines = 498, .by_fact = 480, .peak = 512, .peak_at = kToday}};
  return out;
}

void make_reports(const std::string& dir) {
  const World world;
  const auto text = sign_report(report(world), *world.host.signer()).value();
  const Document good{"report", kTypReport, text, &world.host};
  Documents out;
  out.add("report: as it should be", "report", text, "accepted", "");
  out.add_refusals(good, "iat");
  const auto with = [&](std::string_view name, const std::string& from, const std::string& to,
                        std::string_view why) {
    out.add(fmt::format("report: {}", name), "report", good.edited(kAsItIs, replace(from, to)),
            "missing_claim", why);
  };
  with("of another host", report(world).host, std::string(43, 'A'), "iss");
  with("a month that is none", R"("from":"2025-12")", R"("from":"2025-13")", "from");
  with("ends before it begins", R"("to":"2026-01")", R"("to":"2025-11")", "to");
  with("a month is missing", R"("to":"2026-01")", R"("to":"2026-02")", "months");
  with("a month stands twice", R"("month":"2026-01")", R"("month":"2025-12")", "months");
  with("no machines", R"("machines":480)", R"("machines":-1)", "machines");
  with("a peak at no time", R"("peak_at")", R"("x")", "peak_at");
  with("a product that is none", R"("product":"acme-cad")", R"("product":"Acme CAD")", "product");
  with("no log", R"("log")", R"("x")", "log");
  auto bare = report(world);
  bare.products.clear();
  out.add("report: without products", "report", *sign_report(bare, *world.host.signer()),
          "accepted", "");
  save(dir + "/report.json",
       {member("about",
               "Usage reports of Muster (docs/protocol.md), judged with host_jwk. expect is "
               "accepted or the code of the refusal."),
        "\"host_jwk\":" + world.host.public_key().jwk(), out.text()});
}

}  // namespace
}  // namespace muster::wire

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_report_vectors DIRECTORY\n", stderr);
    return 2;
  }
  muster::wire::make_reports(argv[1]);
}
